/** --stream: the results of a sliding window, computed from new frames alone. */
import { describe, expect, test } from "vitest";
import { compile } from "../../src/compile.js";
import type { TypedArray } from "../../src/graph/ir.js";
import { hostProgram, runRow } from "../../src/host/run.js";
import { storedValues } from "../../src/host/values.js";
import { floats, modelBytes, node, value } from "../onnx/model_bytes.js";
import { randomValues } from "../onnxruntime.js";

const attribute = {
  ints: (name: string, ...ints: number[]) => ({ name, type: 7, ints }),
  int: (name: string, i: number) => ({ name, type: 2, i }),
};
const weights = (name: string, dims: number[], seed: number) =>
  floats(name, dims, [
    ...randomValues(
      dims.reduce((a, b) => a * b),
      seed,
      0.5,
    ),
  ]);

interface Case {
  readonly name: string;
  readonly model: Uint8Array;
  /** Shape of a window; time is axis `axis`. */
  readonly shape: readonly number[];
  readonly axis: number;
  readonly frames?: number;
  readonly expectedFrames: number;
  /** The output holds one entry per new frame along this axis, instead of one result for the window. */
  readonly outputAxis?: number;
}

const conv = (x: string, w: string, y: string, ...attributes: object[]) =>
  node("Conv", [x, w], [y], { attribute: attributes });

/** Two convolutions with a stride, pooled over all time, and a classifier. */
const pooled = modelBytes({
  node: [
    conv("x", "w1", "a", attribute.ints("strides", 2)),
    node("Relu", ["a"], ["b"]),
    conv("b", "w2", "c", attribute.ints("dilations", 2)),
    node("MaxPool", ["c"], ["d"], { attribute: [attribute.ints("kernel_shape", 2), attribute.ints("strides", 2)] }),
    node("GlobalAveragePool", ["d"], ["e"]),
    node("Flatten", ["e"], ["f"]),
    node("Gemm", ["f", "w3"], ["y"]),
  ],
  input: [value("x", [1, 3, 40])],
  output: [value("y", [1, 5])],
  initializer: [weights("w1", [4, 3, 3], 1), weights("w2", [6, 4, 3], 2), weights("w3", [6, 5], 3)],
});

/** A causal network: padded in front, a residual, one output per frame. */
const causal = modelBytes({
  node: [
    conv("x", "w1", "a", attribute.ints("pads", 2, 0)),
    node("Tanh", ["a"], ["b"]),
    conv("b", "w2", "c", attribute.ints("pads", 4, 0), attribute.ints("dilations", 2)),
    node("Add", ["b", "c"], ["d"]),
    conv("d", "w3", "y"),
  ],
  input: [value("x", [1, 3, 24])],
  output: [value("y", [1, 2, 24])],
  initializer: [weights("w1", [4, 3, 3], 1), weights("w2", [4, 4, 3], 2), weights("w3", [2, 4, 1], 3)],
});

/** Two-dimensional: frames of 6 bands. */
const bands = modelBytes({
  node: [
    conv("x", "w1", "a", attribute.ints("pads", 0, 1, 0, 1)),
    node("Relu", ["a"], ["b"]),
    node("AveragePool", ["b"], ["c"], {
      attribute: [attribute.ints("kernel_shape", 2, 2), attribute.ints("strides", 2, 2)],
    }),
    node("Flatten", ["c"], ["d"]),
    node("Gemm", ["d", "w2"], ["y"]),
  ],
  input: [value("x", [1, 1, 21, 6])],
  output: [value("y", [1, 3])],
  initializer: [weights("w1", [2, 1, 4, 3], 4), weights("w2", [54, 3], 5)],
});

const cases: readonly Case[] = [
  { name: "strides, dilation, pooling", model: pooled, shape: [1, 3, 40], axis: 2, expectedFrames: 4 },
  { name: "more frames than needed", model: pooled, shape: [1, 3, 40], axis: -1, frames: 8, expectedFrames: 8 },
  { name: "causal with a residual", model: causal, shape: [1, 3, 24], axis: 2, expectedFrames: 1, outputAxis: 2 },
  {
    name: "causal, five frames",
    model: causal,
    shape: [1, 3, 24],
    axis: 2,
    frames: 5,
    expectedFrames: 5,
    outputAxis: 2,
  },
  { name: "frames of bands", model: bands, shape: [1, 1, 21, 6], axis: 2, expectedFrames: 2 },
];

/** Elements [from, from + count) along the axis of a row-major array. */
function along(data: TypedArray, shape: readonly number[], axis: number, from: number, count: number): TypedArray {
  const at = axis < 0 ? axis + shape.length : axis;
  const inner = shape.slice(at + 1).reduce((a, b) => a * b, 1);
  const picked = Array.from(data as Float32Array).filter((_, i) => {
    const frame = Math.floor(i / inner) % shape[at];
    return frame >= from && frame < from + count;
  });
  return (data.constructor as Float32ArrayConstructor).from(picked);
}

describe.each(cases)("$name", ({ model, shape, axis, frames, expectedFrames, outputAxis }) => {
  const time = shape.at(axis)!;
  const steps = Math.ceil(time / expectedFrames) + 6;
  const length = time + (steps + 2) * expectedFrames;
  const long = shape.map((size, i) => (i === (axis < 0 ? axis + shape.length : axis) ? length : size));
  const signal = randomValues(
    long.reduce((a, b) => a * b, 1),
    11,
  );
  const window = (end: number) => along(signal, long, axis, end - time, time) as Float32Array;
  const calibration = () => ({ rows: 6, row: (i: number) => [window(time + i)] });

  test.each(["int8", "float32"] as const)("%s: equal to the full window in every byte", (precision) => {
    const whole = compile(model, { precision, calibration }).program;
    const { program, stream } = compile(model, { precision, calibration, stream: { axis, frames } });
    expect(stream).toMatchObject({ frames: expectedFrames, window: time });
    const [wholeHost, host] = [hostProgram(whole), hostProgram(program)];
    let compared = 0;
    for (let call = 1; call <= steps; call++) {
      const end = call * expectedFrames;
      const fresh = along(signal, long, axis, end - expectedFrames, expectedFrames) as Float32Array;
      const [actual] = runRow(host, program, [storedValues(program.tensors[program.inputs[0]], fresh)]);
      if (call < stream!.warmUpCalls || end < time) continue;
      const full = storedValues(whole.tensors[whole.inputs[0]], window(end));
      const [expected] = runRow(wholeHost, whole, [full]);
      const output = whole.tensors[whole.outputs[0]].shape;
      const wanted =
        outputAxis === undefined
          ? expected
          : along(expected, output, outputAxis, output[outputAxis] - expectedFrames, expectedFrames);
      expect(Array.from(actual as Float32Array)).toEqual(Array.from(wanted as Float32Array));
      compared++;
    }
    expect(compared).toBeGreaterThan(3);
    const work = (p: typeof program) => p.steps.reduce((sum, step) => sum + step.macs, 0);
    expect(work(program)).toBeLessThan(work(whole) / 2);
  });
});

describe("refuses", () => {
  const streamed = (model: Uint8Array, axis: number, frames?: number) => () =>
    compile(model, { precision: "float32", stream: { axis, frames } });

  test("frames that the strides do not divide", () => {
    expect(streamed(pooled, 2, 3)).toThrow(/3 of new frames is a multiple/);
  });
  test("an axis that is not there", () => {
    expect(streamed(pooled, 3)).toThrow(expect.objectContaining({ code: "E_USAGE" }));
  });
  test("layers that see the future, and windows whose start is padded", () => {
    const future = modelBytes({
      node: [conv("x", "w", "y", attribute.ints("pads", 1, 1))],
      input: [value("x", [1, 1, 8])],
      output: [value("y", [1, 1, 8])],
      initializer: [weights("w", [1, 1, 3], 1)],
    });
    expect(streamed(future, 2)).toThrow(/not causal/);
    const padded = modelBytes({
      node: [conv("x", "w", "a", attribute.ints("pads", 2, 0)), node("GlobalAveragePool", ["a"], ["y"])],
      input: [value("x", [1, 1, 8])],
      output: [value("y", [1, 1, 1])],
      initializer: [weights("w", [1, 1, 3], 1)],
    });
    expect(streamed(padded, 2)).toThrow(/needs the whole window/);
  });
});
