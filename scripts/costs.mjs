// @ts-check
// Measures calls of kernels in the simulators, fits boards/costs/<core>.json to them, and records in docs/costs.json and
// docs/costs.md how far estimates of whole models are then off. `npm run costs [-- [--keep] [core...]]`: --keep leaves the
// tables as they are; without cores, all of them. Needs `npm run setup` first.
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { compile } from "../dist/compile.js";
import { loadData } from "../dist/data/load.js";
import { inputRows } from "../dist/data/rows.js";
import { loadBoard, targetOf } from "../dist/device/boards.js";
import { benchCompiled } from "../dist/device/profile/bench.js";
import { UserError } from "../dist/errors.js";
import { writeTree } from "../dist/io/files.js";
import { openProject } from "../dist/project/open.js";
import { platformioProject } from "../dist/project/platformio.js";
import { costTableOf } from "../dist/select/costs.js";
import { estimateCycles } from "../dist/select/estimate.js";
import { fitCosts } from "../dist/tune/fit.js";
import { fitDocument } from "../dist/tune/fit_document.js";
import { simulatorMeter } from "../dist/tune/meters.js";
import { samplesOf } from "../dist/tune/samples.js";
import { measureCalls } from "../dist/tune/tune.js";
import { modelFiles, root } from "./models.mjs";

/** The simulated board of each core that has a table. */
const BOARDS = [
  ...["qemu-cortex-m4", "qemu-cortex-m3", "qemu-cortex-m0", "qemu-cortex-m0plus", "qemu-cortex-m55", "qemu-rv32imc"],
  ...["atmega328p", "atmega2560"],
].map(loadBoard);

const MODELS = [
  ...["digits", "mlperf_kws", "mlperf_vww", "mlperf_ic", "mlperf_ad", "mnist_mbv3", "mnist_convae", "zoo_mnist8"],
  ...["tinymaix_mnist_dw", "mnist_denoise_unet", "mcunet_vww", "fsdd_gru", "fsdd_transformer", "watch_lstm"],
];

/** @typedef {import("../dist/tune/fit_document.js").FitRow} Row */
/** @typedef {(typeof BOARDS)[number]} Board */

/**
 * A model for a board, or undefined where one of them is not there.
 * @param {string} model @param {Board} board @param {"speed" | "balanced"} optimize
 */
function compiledFor(model, board, optimize) {
  const files = modelFiles(model);
  if (!files) {
    console.error(`${model} is not there, left out`);
    return undefined;
  }
  const rows = loadData(files.data);
  return compile(files.model, {
    ...{ name: "net", target: targetOf(board), optimize },
    calibration: (inputs) => inputRows(rows, "calibration", inputs),
  });
}

/**
 * What a model gives, or undefined where the board cannot hold it.
 * @template T @param {string} what @param {() => Promise<T>} work
 */
async function ifItFits(what, work) {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    console.error(`${what}: left out: ${error.message.slice(0, 120)}`);
    return undefined;
  }
}

/** @param {Board} board */
async function refit(board) {
  const target = targetOf(board);
  const samples = [];
  for (const model of MODELS) {
    const compiled = compiledFor(model, board, "speed");
    if (!compiled) continue;
    const folder = mkdtempSync(join(tmpdir(), "onnx2mcu-costs-"));
    try {
      await writeTree(folder, platformioProject(compiled, board, { file: model, sha256: "" }));
      const progress = (/** @type {number} */ done, /** @type {number} */ all) =>
        console.error(`${board.core} ${model}: ${done} of ${all}`);
      const found = await ifItFits(`${board.core} ${model}`, () =>
        measureCalls(openProject(folder), target, [], progress, simulatorMeter),
      );
      if (found) samples.push(...samplesOf(found.plain, found.options, found.calls));
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }
  const { exact: _, ...before } = costTableOf(target);
  const { core, source, error } = before;
  const after = fitCosts(samples, { core, source, error });
  // What none of these models calls keeps its figures.
  const sorted = (/** @type {object} */ costs) =>
    Object.fromEntries(Object.entries(costs).sort(([a], [b]) => (a < b ? -1 : 1)));
  const table = {
    ...after,
    plain: sorted({ ...before.plain, ...after.plain }),
    variants: sorted({ ...before.variants, ...after.variants }),
  };
  writeFileSync(join(root, "boards", "costs", `${core}.json`), `${JSON.stringify(table, null, 2)}\n`);
}

/** @param {Board} board @returns {Promise<Row[]>} */
async function record(board) {
  /** @type {Row[]} */
  const rows = [];
  for (const model of MODELS) {
    const compiled = compiledFor(model, board, "balanced");
    if (!compiled) continue;
    const bench = await ifItFits(`${board.core} ${model}`, () => benchCompiled(compiled, board));
    if (!bench) continue;
    const { program, plan } = compiled;
    const estimate = estimateCycles(program, targetOf(board));
    const layers = plan.steps.map((index, layer) => {
      const { cycles, instructions } = bench.layers[layer];
      const { node, cycles: estimated } = estimate.layers[index];
      return { node, cascade: program.steps[index].cascade !== undefined, measured: cycles ?? instructions, estimated };
    });
    rows.push({
      ...{
        core: board.core,
        board: board.name,
        model,
        counts: bench.cycles === null ? "instructions" : "cycles",
      },
      ...{ measured: bench.cycles ?? bench.instructions, estimated: estimate.cycles, layers },
    });
    console.error(
      `${board.core} ${model}: ${estimate.cycles} estimated, ${bench.cycles ?? bench.instructions} counted`,
    );
  }
  return rows;
}

const { values, positionals: cores } = parseArgs({
  allowPositionals: true,
  options: { keep: { type: "boolean", default: false } },
});
const boards = BOARDS.filter(({ core }) => cores.length === 0 || cores.includes(core));
if (boards.length === 0) {
  console.error(`no such core; cores: ${BOARDS.map(({ core }) => core).join(", ")}`);
  process.exit(2);
}
if (!values.keep) {
  for (const board of boards) await refit(board);
  // The tables were read before they were written: what comes next is a program of its own.
  const self = fileURLToPath(import.meta.url);
  process.exit(spawnSync(process.execPath, [self, "--keep", ...cores], { stdio: "inherit" }).status ?? 1);
}
const path = (/** @type {string} */ extension) => join(root, "docs", `costs.${extension}`);
/** @type {Row[]} */
let rows = existsSync(path("json")) ? JSON.parse(readFileSync(path("json"), "utf8")) : [];
for (const board of boards) {
  const found = await record(board);
  rows = [...rows.filter(({ core }) => core !== board.core), ...found];
  // After every core, so that a run that is stopped keeps what it has.
  const order = BOARDS.map(({ core }) => core);
  rows.sort((a, b) => order.indexOf(a.core) - order.indexOf(b.core));
  writeFileSync(path("json"), `${JSON.stringify(rows, null, 1)}\n`);
  writeFileSync(path("md"), fitDocument(rows));
}
