#!/usr/bin/env node
/** The command line: one file per command under cli/. */
import { Command, CommanderError } from "commander";
import { analyze } from "./cli/analyze.js";
import { bench } from "./cli/bench.js";
import { boards } from "./cli/boards.js";
import { build } from "./cli/build.js";
import { combine } from "./cli/combine.js";
import { demo } from "./cli/demo.js";
import { fit } from "./cli/fit.js";
import { flash } from "./cli/flash.js";
import { generate } from "./cli/generate.js";
import { reportError } from "./cli/output.js";
import { ports } from "./cli/ports.js";
import { quantize } from "./cli/quantize.js";
import { simulate } from "./cli/simulate.js";
import { supportedOps } from "./cli/supported_ops.js";
import { tune } from "./cli/tune.js";
import { validate } from "./cli/validate.js";
import { UserError } from "./errors.js";
import { toolVersion } from "./io/package_path.js";

const json = process.argv.includes("--json");

// A reader that has seen enough (`| head`) closes the pipe: no error of ours.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
});

function createProgram(): Command {
  const program = new Command("onnx2mcu")
    .description("Compile ONNX models to bit-exact C firmware for microcontrollers.")
    .version(toolVersion)
    .showHelpAfterError(false)
    .configureOutput({ outputError: () => {} })
    .exitOverride()
    .addHelpText(
      "after",
      "\nExit status: 0 done, 1 comparison failed, 2 usage, 3 bad model, 4 bad data, 5 does not fit, 6 tool missing or failed.",
    );
  for (const add of [
    analyze,
    fit,
    quantize,
    generate,
    combine,
    build,
    flash,
    simulate,
    validate,
    bench,
    tune,
    boards,
    ports,
    supportedOps,
    demo,
  ])
    add(program);
  for (const command of program.commands) {
    command.exitOverride().configureOutput({ outputError: () => {} });
  }
  return program;
}

try {
  await createProgram().parseAsync();
} catch (error) {
  if (error instanceof CommanderError && error.exitCode === 0) process.exitCode = 0;
  else if (error instanceof CommanderError) {
    const usage = error.message.replace(/^error: /, "").replace(/^\(outputHelp\)$/, "a command is needed");
    process.exitCode = reportError(new UserError("E_USAGE", `${usage}; see onnx2mcu --help`), json);
  } else process.exitCode = reportError(error, json);
}
