// Measures what quantisation loses, beside onnxruntime's static quantisation. `npm run accuracy -- --help`
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Command } from "commander";
import { accuracyDocument } from "../dist/accuracy/document.js";
import { measureAccuracy } from "../dist/accuracy/measure.js";

const command = new Command("accuracy")
  .description(
    "quantise every model of a folder, plain and corrected, and compare both with float32 and onnxruntime's QDQ",
  )
  .requiredOption("--models <folder>", "folder of models: <model>/model.onnx, model.qdq.onnx and data.npz")
  .option("--filter <regexp>", "only models whose name matches")
  .option(
    "--baselines",
    "compare with onnxruntime's Entropy and Percentile calibration and with model.int8.tflite, too; needs Python 3 and PyPI",
  )
  .option("--docs", "write docs/accuracy.md from the run")
  .addHelpText("after", "\nExamples:\n  $ npm run accuracy -- --models ../shared/models --baselines --docs");
const options = command.parse().opts();

const wanted = new RegExp(options.filter ?? "");
const models = readdirSync(options.models).filter(
  (name) => wanted.test(name) && existsSync(join(options.models, name, "model.qdq.onnx")),
);

const root = fileURLToPath(new URL("..", import.meta.url));

/** @param {string} command @param {readonly string[]} args */
function run(command, args) {
  const { status, error } = spawnSync(command, args, { cwd: root, stdio: ["ignore", "ignore", "inherit"] });
  if (status === 0) return;
  console.error(`accuracy: ${command} ${args[0]} ${args[1]} failed${error ? `: ${error.message}` : ""}`);
  process.exit(1);
}

/** Runs what others make of the models: one file per model in a folder. */
function baselinesOf(names) {
  const venv = join(root, ".cache", "baselines");
  const python = join(venv, "bin", "python");
  const requirements = join(root, "scripts", "baselines-requirements.txt");
  if (!existsSync(python)) run("python3", ["-m", "venv", venv]);
  run(python, ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r", requirements]);
  const folder = mkdtempSync(join(tmpdir(), "baselines-"));
  run(python, [join(root, "scripts", "baselines.py"), options.models, folder, ...names]);
  return folder;
}

const baselines = options.baselines ? baselinesOf(models) : undefined;
const results = [];
for (const model of models) {
  const others = baselines && join(baselines, `${model}.npz`);
  const known = others && existsSync(others) ? others : undefined;
  const result = await measureAccuracy(join(options.models, model), model, known);
  if (!result) console.error(`${model}: not a float model that can be calibrated`);
  else {
    results.push(result);
    console.log(JSON.stringify(result));
  }
}
if (baselines) rmSync(baselines, { recursive: true });
const document = accuracyDocument(results);
if (options.docs) writeFileSync(new URL("../docs/accuracy.md", import.meta.url), document);
else console.log(document);
