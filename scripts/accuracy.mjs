// Measures what quantisation loses, beside onnxruntime's static quantisation. `npm run accuracy -- --help`
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Command } from "commander";
import { accuracyDocument } from "../dist/accuracy/document.js";
import { measureAccuracy } from "../dist/accuracy/measure.js";
import { findPython, installRequirements, venvProgram } from "./setup/python.mjs";
import { hashOf } from "./setup/stamp.mjs";

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

/** @param {string} what @param {string} [why] @returns {never} */
function fail(what, why) {
  console.error(`accuracy: ${what} failed${why ? `: ${why}` : ""}`);
  process.exit(1);
}

/** Runs what others make of the models: one file per model in the folder. @param {string} folder */
async function writeBaselines(folder) {
  const requirements = "scripts/baselines-requirements.txt";
  const venv = join(root, ".cache", `baselines-${hashOf(root, [requirements])}`);
  const installed = join(venv, "installed");
  if (!existsSync(installed)) {
    const python = await findPython();
    if (!python) return fail("--baselines", "there is no Python 3 that can make virtual environments");
    const { ok, output } = await installRequirements(root, python, venv, requirements);
    if (!ok) return fail(`installing ${requirements}`, output);
    writeFileSync(installed, "");
  }
  const args = [join(root, "scripts", "baselines.py"), options.models, folder, ...models];
  // Its progress goes to stderr; what its libraries say on stdout is of no use.
  const { status, error } = spawnSync(venvProgram(venv, "python"), args, { stdio: ["ignore", "ignore", "inherit"] });
  if (status !== 0) fail("scripts/baselines.py", error?.message);
}

const baselines = mkdtempSync(join(tmpdir(), "baselines-"));
process.on("exit", () => rmSync(baselines, { recursive: true }));
if (options.baselines) await writeBaselines(baselines);
const results = [];
for (const model of models) {
  const others = join(baselines, `${model}.npz`);
  const result = await measureAccuracy(join(options.models, model), model, existsSync(others) ? others : undefined);
  if (!result) console.error(`${model}: not a float model that can be calibrated`);
  else {
    results.push(result);
    console.log(JSON.stringify(result));
  }
}
const document = accuracyDocument(results);
if (options.docs) writeFileSync(new URL("../docs/accuracy.md", import.meta.url), document);
else console.log(document);
