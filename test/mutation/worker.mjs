/**
 * A process that compiles one model after the other, as it is told: a hang, a crash or memory without end takes only
 * this process along.
 */
import { createHash } from "node:crypto";
import { writeFileSync } from "node:fs";
import { compile } from "../../dist/compile.js";
import { ERROR_CODES, UserError } from "../../dist/errors.js";
import { elementCount } from "../../dist/graph/ir.js";

/** One row of values between -1 and 1 for any inputs; no data file has rows of a million numbers. */
function calibration(inputs) {
  const row = inputs.map(({ shape }) => {
    const count = elementCount(shape);
    if (count > 1e6) throw new UserError("E_DATA_SHAPE", "the data do not have the shape of the input");
    return Float32Array.from({ length: count }, (_, i) => Math.sin(i * 37));
  });
  return { rows: 1, row: () => row };
}

/** Of the model that calibration runs: who calibrates a larger one waits for its arithmetic, not for the compiler. */
const MOST_MACS = 1e8;

/** A model that came quantised is compiled to int8 without calibration. */
function compileEither(source, precision) {
  const float = compile(source, { precision: "float32" });
  const macs = float.program.steps.reduce((sum, step) => sum + step.macs, 0);
  if (precision === "float32" || macs > MOST_MACS) return float;
  try {
    return compile(source, { precision, calibration });
  } catch (error) {
    if (!(error instanceof UserError) || error.code !== "E_USAGE") throw error;
    return compile(source, { precision });
  }
}

/** @param job.file where the model is written, to be read from there; else it is compiled from memory */
function outcome({ bytes, file, precision, marker }) {
  if (file) writeFileSync(file, bytes);
  const source = file ?? bytes;
  try {
    const { files } = compileEither(source, precision);
    const text = [...files].flat().join("\n");
    if (text.includes(marker)) return { problem: "model text in generated C" };
    return { code: "ok", hash: createHash("sha256").update(text).digest("hex") };
  } catch (error) {
    if (!(error instanceof UserError)) return { problem: `${error?.stack ?? error}` };
    const { code, message } = error;
    if (!Object.hasOwn(ERROR_CODES, code) || code === "E_INTERNAL") return { problem: `${code}: ${error.stack}` };
    if (/[\p{Cc}\u2028\u2029]/u.test(message))
      return { problem: `message of several lines: ${JSON.stringify(message)}` };
    if (message.length > 2000) return { problem: `message of ${message.length} characters: ${message.slice(0, 300)}` };
    return { code };
  }
}

process.on("message", (job) => {
  // Of this process, where a busy machine lets it wait; of the clock, where its other threads work along.
  const start = { clock: performance.now(), cpu: process.cpuUsage() };
  const result = outcome(job);
  const { user, system } = process.cpuUsage(start.cpu);
  const milliseconds = Math.round(Math.min(performance.now() - start.clock, (user + system) / 1000));
  process.send({ ...result, milliseconds, peakBytes: process.resourceUsage().maxRSS * 1024 });
  if (process.memoryUsage.rss() > 200e6) globalThis.gc?.();
});
process.send("ready");
