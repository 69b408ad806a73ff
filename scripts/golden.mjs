// Rewrites test/golden: the C library that examples/digits compiles to. Run after an intended change of generated code,
// and read the difference. `npm run golden`.
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { compile } from "../dist/compile.js";
import { loadData } from "../dist/data/load.js";
import { inputRows } from "../dist/data/rows.js";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const example = (file) => join(root, "examples", "digits", file);
const golden = join(root, "test", "golden", "digits");

const { files } = compile(example("digits.onnx"), {
  name: "digits",
  calibration: (inputs) => inputRows(loadData(example("digits.npz")), "calibration", inputs),
});
rmSync(golden, { recursive: true, force: true });
mkdirSync(golden, { recursive: true });
for (const [name, text] of files) {
  // Kernels are the project's own sources, tested as such.
  if (!name.startsWith("nn_")) writeFileSync(join(golden, name), text);
}
