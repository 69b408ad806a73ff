// Measures the models beside the repository (ONNX2MCU_SHARED, default ../shared) and the digits example in the
// simulator, and writes docs/benchmark.md. `npm run benchmark`; needs `npm run setup` first.
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { benchProject } from "../dist/cli/bench.js";
import { compile } from "../dist/compile.js";
import { loadData } from "../dist/data/load.js";
import { inputRows } from "../dist/data/rows.js";
import { loadBoard, targetOf } from "../dist/device/boards.js";
import { buildProject } from "../dist/device/pio.js";
import { writeTree } from "../dist/io/files.js";
import { openProject } from "../dist/project/open.js";
import { platformioProject } from "../dist/project/platformio.js";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const shared = join(root, process.env.ONNX2MCU_SHARED ?? "../shared", "models");
const board = loadBoard("qemu-cortex-m4");

/** TensorFlow Lite Micro with its reference kernels on the same models and core: instructions, arena, model and code. */
const TFLM = {
  mlperf_kws: [43.0e6, 22820, 107.6e3],
  mlperf_vww: [100.2e6, 100708, 387e3],
  mlperf_ic: [107.4e6, 54996, 150.1e3],
  mlperf_ad: [1.95e6, 2580, 305.5e3],
};

const models = [
  ["digits", join(root, "examples", "digits", "digits.onnx"), join(root, "examples", "digits", "digits.npz")],
  ...[
    "mlperf_kws",
    "mlperf_vww",
    "mlperf_ic",
    "mlperf_ad",
    "mnist_mbv3",
    "mnist_denoise_unet",
    "mnist_convae",
    "zoo_mnist8",
    "tinymaix_mnist_dw",
  ].map((name) => [name, join(shared, name, "model.onnx"), join(shared, name, "data.npz")]),
];

async function measure(model, data) {
  const folder = mkdtempSync(join(tmpdir(), "onnx2mcu-"));
  try {
    const rows = loadData(data);
    const compiled = compile(model, {
      name: "net",
      target: targetOf(board),
      calibration: (inputs) => inputRows(rows, "calibration", inputs),
    });
    await writeTree(folder, platformioProject(compiled, board, { file: "model.onnx", sha256: "" }));
    await buildProject(folder, board);
    return await benchProject(openProject(folder));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const millions = (n) => (n / 1e6).toFixed(n < 1e7 ? 2 : 1);
const thousands = (n) => (n / 1e3).toFixed(1);
const lines = [
  "# Measured",
  "",
  `int8, ${board.title}, plain C kernels at -O2. Instructions are exact counts of one inference in the simulator, cycles`,
  "the model of src/device/profile/cortex_m4_cycles.ts; RAM is arena, static data and painted stack, inputs and outputs",
  "included; flash is the model's code, weights and tables. In brackets: TensorFlow Lite Micro with its reference kernels.",
  "1 KB = 1,000 bytes. Written by `npm run benchmark`.",
  "",
  "| model | MACs, M | instructions, M | per MAC | cycles, M | RAM, KB | flash, KB |",
  "|---|---|---|---|---|---|---|",
];
for (const [name, model, data] of models) {
  if (!existsSync(model)) {
    console.error(`${name}: ${model} is not there, left out`);
    continue;
  }
  const b = await measure(model, data);
  const peer = TFLM[name];
  const beside = (text, value) => (peer ? `${text} (${value})` : text);
  lines.push(
    `| ${name} | ${millions(b.macs)} | ${beside(millions(b.instructions), millions(peer?.[0]))} | ${(b.instructions / b.macs).toFixed(1)} | ${millions(b.cycles)} | ${beside(thousands(b.ram.total), thousands(peer?.[1]))} | ${beside(thousands(b.flash.total), thousands(peer?.[2]))} |`,
  );
  console.error(lines.at(-1));
}
writeFileSync(join(root, "docs", "benchmark.md"), `${lines.join("\n")}\n`);
