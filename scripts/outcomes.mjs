// @ts-check
// Runs the models beside the repository (ONNX2MCU_SHARED, default ../shared) and the digits example on every simulated
// board, behind a serial port, compares every byte with the host, and writes docs/outcomes.md. `npm run outcomes`; with
// `-- <board>...` on these only, and the lines of the others stay.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { checkFits } from "../dist/cli/generate.js";
import { differingBytes, validateDevice } from "../dist/compare/validate.js";
import { compile } from "../dist/compile.js";
import { loadData } from "../dist/data/load.js";
import { inputRows } from "../dist/data/rows.js";
import { listBoards, targetOf } from "../dist/device/boards.js";
import { openDevice } from "../dist/device/device.js";
import { buildProject } from "../dist/device/pio.js";
import { simulateProject } from "../dist/device/simulated_port.js";
import { UserError } from "../dist/errors.js";
import { writeTree } from "../dist/io/files.js";
import { openProject } from "../dist/project/open.js";
import { platformioProject } from "../dist/project/platformio.js";
import { modelFiles, root } from "./models.mjs";

const MODELS = ["digits", "tinymaix_mnist_dw", "mlperf_kws", "mlperf_vww", "mlperf_ic", "mlperf_ad"];
const ROWS = 20;
/** The first that fits is taken. */
const OBJECTIVES = /** @type {const} */ (["balanced", "flash", "ram"]);

/**
 * @typedef {{ board: string, model: string, optimize: string, rows: number, bytes: number, differing: number, arena: number,
 *   stack: number }} Outcome
 */

/** @param {unknown} error */
const doesNotFit = (error) =>
  error instanceof UserError &&
  (error.code === "E_DOES_NOT_FIT" || /overflowed|will not fit|RAM is full/.test(error.message));

/**
 * @param {import("../dist/device/boards.js").Board} board
 * @param {string} model
 * @param {(typeof OBJECTIVES)[number]} optimize
 * @returns {Promise<Outcome>}
 */
async function outcomeOf(board, model, optimize) {
  const files = modelFiles(model);
  if (!files) throw new Error(`${model} is not there`);
  const path = mkdtempSync(join(tmpdir(), "onnx2mcu-"));
  try {
    const file = loadData(files.data);
    const compiled = compile(files.model, {
      ...{ name: "net", target: targetOf(board), optimize },
      calibration: (inputs) => inputRows(file, "calibration", inputs),
    });
    checkFits(compiled, board);
    await writeTree(path, platformioProject(compiled, board, { file: "model.onnx", sha256: "" }));
    await buildProject(path, board);
    const project = openProject(path);
    const simulator = await simulateProject(project, join(path, "port"));
    try {
      const device = await openDevice(project, { port: simulator.port });
      try {
        const rows = inputRows(file, "inputs", [...project.manifest.inputs]);
        const result = await validateDevice(project, device, rows, { limit: ROWS });
        const outputBytes = device.info.outputBytes.reduce((sum, bytes) => sum + bytes, 0);
        return {
          ...{ board: board.name, model, optimize, rows: result.rows, bytes: result.rows * outputBytes },
          differing: differingBytes(result),
          ...{ arena: project.plan.arenaBytes, stack: result.stackBytes },
        };
      } finally {
        await device.close();
      }
    } finally {
      await simulator.stop();
    }
  } finally {
    rmSync(path, { recursive: true, force: true });
  }
}

/**
 * @param {import("../dist/device/boards.js").Board} board
 * @param {string} model
 */
async function firstThatFits(board, model) {
  for (const optimize of OBJECTIVES) {
    try {
      return await outcomeOf(board, model, optimize);
    } catch (error) {
      // The stack has no room where the sections alone fit.
      const stack = error instanceof UserError && /stack ran into the data/.test(error.message);
      if (!doesNotFit(error) && !stack) throw error;
    }
  }
  return undefined;
}

/** @param {Outcome | undefined} outcome */
function cell(outcome) {
  if (!outcome) return "does not fit";
  const { rows, bytes, differing, optimize } = outcome;
  const how = optimize === "balanced" ? "" : ` (\`${optimize}\`)`;
  return differing === 0
    ? `${rows} rows, ${bytes} bytes equal${how}`
    : `**${differing} of ${bytes} bytes differ**${how}`;
}

const chosen = process.argv.slice(2);
const document = join(root, "docs", "outcomes.md");
const boards = listBoards().filter(({ simulator }) => simulator !== null);
const unknown = chosen.filter((name) => boards.every((board) => board.name !== name));
if (unknown.length > 0) throw new Error(`no simulated board: ${unknown.join(", ")}`);
const models = MODELS.filter((model) => modelFiles(model));
const header = `| board | core | ${models.join(" | ")} |`;
const before = chosen.length > 0 ? readFileSync(document, "utf8").split("\n") : [];
if (chosen.length > 0 && !before.includes(header)) throw new Error(`${document} has other models; run all boards`);
/** @type {string[]} */
const lines = [];
let failed = false;
for (const board of boards) {
  if (chosen.length > 0 && !chosen.includes(board.name)) {
    lines.push(...before.filter((line) => line.startsWith(`| \`${board.name}\` |`)));
    continue;
  }
  const cells = [];
  for (const model of models) {
    const outcome = await firstThatFits(board, model);
    failed ||= outcome !== undefined && outcome.differing > 0;
    cells.push(cell(outcome));
    console.error(`${board.name} ${model}: ${cell(outcome)}`);
  }
  lines.push(`| \`${board.name}\` | ${board.core} | ${cells.join(" | ")} |`);
}
const text = [
  "# Outcomes on simulated boards",
  "",
  "Each model compiled to int8, built with PlatformIO, run on the simulated board behind a serial port, and compared with",
  `the host in every byte of its outputs over ${ROWS} rows. \`balanced\`, or the first of \`--optimize flash\` and \`ram\` that fits.`,
  "Written by `npm run outcomes`.",
  "",
  header,
  `|---|---|${models.map(() => "---").join("|")}|`,
  ...lines,
  "",
].join("\n");
writeFileSync(document, text);
process.exitCode = failed ? 1 : 0;
