/** A streamed model from the command line: what `generate` reports, and its firmware on new frames. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { buildDist, onnx2mcu } from "../cli/run.js";
import { floats, modelBytes, node, value } from "../onnx/model_bytes.js";
import { randomValues } from "../onnxruntime.js";
import { isInstalled } from "./compilers.js";

const folder = mkdtempSync(join(tmpdir(), "onnx2mcu-stream-"));
const at = (name: string) => join(folder, name);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const CHANNELS = 3;
const WINDOW = 16;

/** Two causal convolutions and the mean of all time. */
const ints = (name: string, ...values: number[]) => ({ name, type: 7, ints: values });
const model = modelBytes({
  node: [
    node("Conv", ["x", "w1"], ["a"]),
    node("Relu", ["a"], ["b"]),
    node("Conv", ["b", "w2"], ["c"], { attribute: [ints("dilations", 2)] }),
    node("GlobalAveragePool", ["c"], ["y"]),
  ],
  input: [value("x", [1, CHANNELS, WINDOW])],
  output: [value("y", [1, 2, 1])],
  initializer: [
    floats("w1", [4, CHANNELS, 3], [...randomValues(36, 1, 0.5)]),
    floats("w2", [2, 4, 3], [...randomValues(24, 2, 0.5)]),
  ],
});

/** Rows of `size` values in [-1, 1]. */
function csv(rows: number, size: number): string {
  return Array.from({ length: rows }, (_, i) => [...randomValues(size, i + 3)].join(",")).join("\n");
}

beforeAll(async () => {
  await buildDist();
  writeFileSync(at("model.onnx"), model);
  writeFileSync(at("windows.csv"), csv(8, CHANNELS * WINDOW));
  writeFileSync(at("frames.csv"), csv(3 * WINDOW, CHANNELS * 2));
});

describe("--stream", () => {
  const generate = (...options: string[]) =>
    onnx2mcu([
      ...["generate", at("model.onnx"), "--board", "host", "--calibration", at("windows.csv")],
      ...["--name", "net", "-o", at("fw"), ...options, "--json"],
    ]);

  test("reports frames and window", async () => {
    const { status, stdout } = await generate("--stream", "2", "--stream-frames", "2");
    expect(status).toBe(0);
    expect(JSON.parse(stdout).stream).toMatchObject({ input: "x", axis: 2, frames: 2, window: WINDOW });
  });

  test.skipIf(!isInstalled("cc"))("the firmware equals the host reference on a sequence of new frames", async () => {
    await generate("--stream", "2", "--stream-frames", "2");
    const { status, stdout } = await onnx2mcu([
      ...["validate", at("fw"), "--on", "host", "--data", at("frames.csv"), "--json"],
    ]);
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ rows: 3 * WINDOW, firmwareVsHost: { equal: true, mismatches: 0 } });
  });

  test.each([
    ["an axis that is none", ["--stream", "time"]],
    ["frames that are none", ["--stream", "2", "--stream-frames", "0"]],
    ["an input that is none", ["--stream", "z:2"]],
    ["more frames than the window has", ["--stream", "2", "--stream-frames", "99"]],
  ])("%s is an error of usage", async (_, options) => {
    const { status, stdout } = await generate(...options);
    expect([status, JSON.parse(stdout).error.code]).toEqual([2, "E_USAGE"]);
  });
});
