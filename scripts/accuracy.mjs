// Measures what quantisation loses, beside onnxruntime's static quantisation. `npm run accuracy -- --help`
import { existsSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Command } from "commander";
import { accuracyDocument } from "../dist/accuracy/document.js";
import { measureAccuracy } from "../dist/accuracy/measure.js";

const command = new Command("accuracy")
  .description(
    "quantise every model of a folder, plain and corrected, and compare both with float32 and onnxruntime's QDQ",
  )
  .requiredOption("--models <folder>", "folder of models: <model>/model.onnx, model.qdq.onnx and data.npz")
  .option("--filter <regexp>", "only models whose name matches")
  .option("--docs", "write docs/accuracy.md from the run")
  .addHelpText("after", "\nExamples:\n  $ npm run accuracy -- --models ../shared/models --docs");
const options = command.parse().opts();

const wanted = new RegExp(options.filter ?? "");
const models = readdirSync(options.models).filter(
  (name) => wanted.test(name) && existsSync(join(options.models, name, "model.qdq.onnx")),
);
const results = [];
for (const model of models) {
  const result = await measureAccuracy(join(options.models, model), model);
  if (!result) console.error(`${model}: not a float model that can be calibrated`);
  else {
    results.push(result);
    console.log(JSON.stringify(result));
  }
}
const document = accuracyDocument(results);
if (options.docs) writeFileSync(new URL("../docs/accuracy.md", import.meta.url), document);
else console.log(document);
