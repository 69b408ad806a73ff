// @ts-check
// Measures the models beside the repository (ONNX2MCU_SHARED, default ../shared) and the digits example in the
// simulators, and writes docs/benchmark.json, docs/benchmark.md and docs/benchmark.svg. `npm run benchmark`; needs
// `npm run setup` first. Figures that differ from those in docs/benchmark.json before the run get the change beside them.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { compile } from "../dist/compile.js";
import { loadData } from "../dist/data/load.js";
import { inputRows } from "../dist/data/rows.js";
import { loadBoard, targetOf } from "../dist/device/boards.js";
import { benchCompiled } from "../dist/device/profile/bench.js";
import { eliminationOf } from "../dist/emit/manifest.js";
import { benchmarkDocument } from "./benchmark/document.mjs";
import { benchmarkPlot } from "./benchmark/plot.mjs";
import { modelFiles, root } from "./models.mjs";

const paths = ["json", "md", "svg"].map((extension) => join(root, "docs", `benchmark.${extension}`));

const MLPERF = ["mlperf_kws", "mlperf_vww", "mlperf_ic", "mlperf_ad"];
const OTHERS = [
  ...["digits", "mnist_mbv3", "mnist_denoise_unet", "mnist_convae", "zoo_mnist8", "tinymaix_mnist_dw", "mcunet_vww"],
  ...["fsdd_gru", "fsdd_transformer", "watch_lstm"],
];
const M4 = "qemu-cortex-m4";

/** What is measured: board, model, --optimize. */
const runs = [
  ...MLPERF.flatMap((model) =>
    ["speed", "balanced", "ram", "flash"].map((optimize) => ({ board: M4, model, optimize })),
  ),
  ...OTHERS.map((model) => ({ board: M4, model, optimize: "balanced" })),
  ...["qemu-cortex-m55", "qemu-cortex-m3", "qemu-cortex-m0plus", "qemu-rv32imc"].flatMap((board) =>
    MLPERF.map((model) => ({ board, model, optimize: "speed" })),
  ),
];

/** @param {{ board: string, model: string, optimize: string }} run */
async function measure({ board: name, model, optimize }) {
  const files = modelFiles(model);
  if (!files) {
    console.error(`${model} is not there, left out`);
    return undefined;
  }
  const board = loadBoard(name);
  const rows = loadData(files.data);
  const compiled = compile(files.model, {
    name: "net",
    target: targetOf(board),
    optimize: /** @type {never} */ (optimize),
    calibration: (inputs) => inputRows(rows, "calibration", inputs),
  });
  const { instructions, cycles, flash, ram, layers } = await benchCompiled(compiled, board);
  return {
    ...{ board: name, model, optimize, macs: eliminationOf(compiled).macs.before, instructions, cycles },
    ...{ arena: ram.arena, arenaBound: compiled.plan.lowerBound, ram: ram.total, flash: flash.total },
    ...(MLPERF.includes(model) && name === M4 && optimize === "speed" && { layers }),
  };
}

const before = existsSync(paths[0]) ? JSON.parse(readFileSync(paths[0], "utf8")) : [];
const results = [];
for (const run of runs) {
  const result = await measure(run);
  if (!result) continue;
  results.push(result);
  console.error(
    `${run.board} ${run.model} ${run.optimize}: ${(result.instructions / 1e6).toFixed(3)} M instructions, RAM ${result.ram}, flash ${result.flash}`,
  );
}
writeFileSync(paths[0], `${JSON.stringify(results, null, 2)}\n`);
writeFileSync(paths[1], benchmarkDocument(results, before));
writeFileSync(paths[2], benchmarkPlot(results));
