// Runs a folder of ONNX backend tests through the compiler. `npm run conformance -- --help`
import { writeFileSync } from "node:fs";
import { Command } from "commander";
import { operatorsDocument } from "../dist/conformance/document.js";
import { runConformance } from "../dist/conformance/run.js";
import { UserError } from "../dist/errors.js";

const command = new Command("conformance")
  .description("generate, compile and run ONNX backend tests, and compare with their expected outputs")
  .requiredOption("--tests <folder>", "folder of tests: <test>/model.onnx and test_data_set_*/")
  .option("--filter <regexp>", "only tests whose name matches")
  .option("--host-only", "run the host reference alone: no C is compiled")
  .option("--docs", "write docs/operators.md from the run")
  .option("--json", "print one JSON document on stdout")
  .addHelpText("after", "\nExamples:\n  $ npm run conformance -- --tests onnx-node-tests --filter '^node/test_conv'");
const options = command.parse().opts();

const interactive = process.stderr.isTTY;
try {
  const filter = options.filter === undefined ? undefined : new RegExp(options.filter);
  const result = await runConformance(options.tests, {
    filter,
    hostOnly: options.hostOnly,
    onProgress: (done, total) => {
      if (interactive) process.stderr.write(`\r${done} of ${total}${done === total ? "\n" : ""}`);
    },
  });
  if (options.docs) writeFileSync(new URL("../docs/operators.md", import.meta.url), operatorsDocument(result));
  const { passed, failed, unsupported, bound } = result;
  if (options.json) {
    console.log(JSON.stringify({ schemaVersion: 1, passed, failed, unsupported, bound }, null, 1));
  } else {
    for (const { test, why } of failed) console.log(`failed       ${test}: ${why}`);
    for (const { test, why } of unsupported) console.log(`unsupported  ${test}: ${why}`);
    console.log(`${passed.length} passed, ${failed.length} failed, ${unsupported.length} unsupported`);
  }
  process.exitCode = failed.length > 0 ? 1 : 0;
} catch (error) {
  if (!(error instanceof UserError || error instanceof SyntaxError)) throw error;
  console.error(`error: ${error.message}`);
  process.exitCode = error instanceof UserError ? error.exitCode : 2;
}
