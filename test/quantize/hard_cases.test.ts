/** Models that plain int8 loses: the quantiser recovers them, or says what is wrong. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { accuracy, addRow, EMPTY_COMPARISON, snr } from "../../src/compare/metrics.js";
import type { Graph } from "../../src/graph/ir.js";
import { canonicalise } from "../../src/passes/index.js";
import type { Rows } from "../../src/quantize/calibrate.js";
import { classWarnings, compareClasses } from "../../src/quantize/diagnose.js";
import { floatOutputs, int8Outputs } from "../../src/quantize/first_output.js";
import { type QuantiseOptions, quantiseFloat } from "../../src/quantize/quantise.js";
import { buildDist, onnx2mcu } from "../cli/run.js";
import { float32Npy } from "../data/npy_bytes.js";
import { floats, modelBytes, node as onnxNode, value as onnxValue } from "../onnx/model_bytes.js";
import { constant, graphOf, node, random, value } from "./graphs.js";

const rowsOf = (all: readonly Float32Array[]): Rows => ({ rows: all.length, row: (i) => [all[i]] });

/** The first output of the rounded model. */
const quantised = (
  graph: Graph,
  calibration: readonly Float32Array[],
  rows: readonly Float32Array[],
  options: QuantiseOptions,
) =>
  int8Outputs(
    quantiseFloat(graph, rowsOf(calibration), options).graph,
    rows.map((row) => [row]),
  );

const float = (graph: Graph, rows: readonly Float32Array[]) =>
  floatOutputs(
    graph,
    rows.map((row) => [row]),
  );

describe("a MobileNet-like model whose channels differ by 1,000x", () => {
  const CLASSES = 4;
  const CHANNELS = 8;
  const PIXELS = 4 * 36;
  const next = random(11);
  const prototypes = Array.from({ length: CLASSES }, () => Float32Array.from({ length: PIXELS }, next));
  const example = (i: number) => prototypes[i % CLASSES].map((x) => x + 1.9 * next());
  const rows = Array.from({ length: 400 }, (_, i) => example(i));
  const labels = rows.map((_, i) => i % CLASSES);
  const calibration = Array.from({ length: 80 }, (_, i) => example(i));
  const spread = (channel: number) => 1000 ** (channel / (CHANNELS - 1));

  /** Pointwise, depthwise, pointwise, each with a Relu, and means of the channels. */
  const body = [
    node("Conv", ["x", "w1", "b1"], "c1"),
    node("Relu", ["c1"], "r1"),
    node("Conv", ["r1", "w2", "b2"], "c2", { group: CHANNELS, pads: [1, 1, 1, 1], kernel_shape: [3, 3] }),
    node("Relu", ["c2"], "r2"),
    node("Conv", ["r2", "w3", "b3"], "c3"),
    node("Relu", ["c3"], "r3"),
    node("Flatten", ["r3"], "f"),
  ];
  const weights = [
    value("x", [1, 4, 6, 6]),
    constant("w1", [CHANNELS, 4, 1, 1], (i) => next() * spread(Math.floor(i / 4))),
    constant("b1", [CHANNELS], (c) => 0.2 * spread(c)),
    constant("w2", [CHANNELS, 1, 3, 3], next),
    constant("b2", [CHANNELS], (c) => 0.2 * spread(c)),
    constant("w3", [CHANNELS, CHANNELS, 1, 1], (i) => next() / spread(i % CHANNELS)),
    constant("b3", [CHANNELS], () => 0.2),
  ];
  // The head takes the class with the nearest mean of what the body gives: no training is needed for a classifier that is right.
  const seen = float(canonicalise(graphOf(body, weights)), calibration);
  const size = seen[0].length;
  const means = Array.from({ length: CLASSES }, (_, c) => {
    const own = seen.filter((_, i) => i % CLASSES === c);
    return Float32Array.from({ length: size }, (_, k) => own.reduce((sum, row) => sum + row[k], 0) / own.length);
  });
  const graph = canonicalise(
    graphOf(
      [...body, node("Gemm", ["f", "w", "b"], "y", { transB: 1 })],
      [
        ...weights,
        constant("w", [CLASSES, size], (i) => means[Math.floor(i / size)][i % size]),
        constant("b", [CLASSES], (c) => -means[c].reduce((sum, x) => sum + x * x, 0) / 2),
      ],
    ),
  );
  const original = float(graph, rows);
  const right = accuracy(original, labels);

  test("is a classifier", () => expect(right).toBeGreaterThan(0.9));

  test("plain int8 with one scale a layer collapses, and the warnings say so", () => {
    const plain = quantised(graph, calibration, rows, { scheme: { perTensor: true } });
    expect(accuracy(plain, labels)).toBeLessThan(right - 0.2);
    expect(classWarnings(compareClasses(original, plain, labels))[0].code).toBe("accuracy-drop");
  });

  test("equalisation recovers it to within a point of float", () => {
    const options = { scheme: { perTensor: true }, corrections: ["equalise"] } as const;
    expect(accuracy(quantised(graph, calibration, rows, options), labels)).toBeGreaterThanOrEqual(right - 0.01);
  });
});

/** dB of the float model's output over the error. */
const signal = (
  graph: Graph,
  calibration: readonly Float32Array[],
  rows: readonly Float32Array[],
  options: QuantiseOptions,
) => {
  const original = float(graph, rows);
  return snr(
    quantised(graph, calibration, rows, options).reduce(
      (sum, row, i) => addRow(sum, row, original[i]),
      EMPTY_COMPARISON,
    ),
  );
};

test("outlier activations: one value in many that is far larger than the others costs minmax its steps, not the best rule", () => {
  const next = random(5);
  const [size, hidden] = [32, 32];
  const row = () => Float32Array.from({ length: size }, next);
  const calibration = Array.from({ length: 200 }, (_, i) =>
    i % 50 === 0 ? row().map((x, k) => (k === 3 ? 60 * x : x)) : row(),
  );
  const graph = canonicalise(
    graphOf(
      [
        node("Gemm", ["x", "w1", "b1"], "h", { transB: 1 }),
        node("Relu", ["h"], "r"),
        node("Gemm", ["r", "w2", "b2"], "y", { transB: 1 }),
      ],
      [
        ...[value("x", [1, size]), constant("w1", [hidden, size], next), constant("b1", [hidden], next)],
        ...[constant("w2", [8, hidden], next), constant("b2", [8], next)],
      ],
    ),
  );
  const rows = Array.from({ length: 100 }, row);
  const minmax = signal(graph, calibration, rows, {});
  const best = signal(graph, calibration, rows, {
    observer: { kind: "best" },
    corrections: ["equalise", "bias", "rounding"],
  });
  expect(minmax).toBeLessThan(20);
  expect(best).toBeGreaterThan(20);
});

test("a heavy-tailed autoencoder keeps 25 dB, and loses nothing to the best rule and the corrections", () => {
  const next = random(9);
  const [size, code] = [24, 8];
  // A cubed tangent: as t-distributed values, most are small and few are very large.
  const heavy = () => Math.tan(1.45 * next()) / 4;
  const mix = Array.from({ length: size * code }, next);
  const row = () => {
    const hidden = Array.from({ length: code }, heavy);
    return Float32Array.from({ length: size }, (_, k) => hidden.reduce((sum, h, j) => sum + mix[k * code + j] * h, 0));
  };
  const graph = canonicalise(
    graphOf(
      [
        node("Gemm", ["x", "encode", "zero"], "h", { transB: 1 }),
        node("LeakyRelu", ["h"], "r", { alpha: 0.5 }),
        node("Gemm", ["r", "decode", "none"], "y", { transB: 1 }),
      ],
      [
        ...[
          value("x", [1, size]),
          constant("encode", [code, size], (i) => mix[(i % size) * code + Math.floor(i / size)] / 8),
        ],
        ...[
          constant("zero", [code], () => 0),
          constant("decode", [size, code], (i) => mix[i]),
          constant("none", [size], () => 0),
        ],
      ],
    ),
  );
  const calibration = Array.from({ length: 200 }, row);
  const rows = Array.from({ length: 100 }, row);
  const minmax = signal(graph, calibration, rows, {});
  const corrected = signal(graph, calibration, rows, {
    observer: { kind: "best" },
    corrections: ["equalise", "bias", "rounding"],
  });
  expect(corrected).toBeGreaterThanOrEqual(minmax - 0.5);
  expect(corrected).toBeGreaterThan(25);
});

describe("bytes fed to a model of 0..1", () => {
  const folder = mkdtempSync(join(tmpdir(), "onnx2mcu-scale-"));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const at = (name: string) => join(folder, name);
  const SIZE = 16;
  beforeAll(async () => {
    await buildDist();
    // The brightest quarter is the class; the first one where all are far too bright.
    const weights = Array.from({ length: 4 * SIZE }, (_, i) => (i >> 4 === i % 4 ? 1 : 0));
    const graph = {
      node: [onnxNode("Clip", ["x", "low", "high"], ["c"]), onnxNode("Gemm", ["c", "w", "b"], ["y"])],
      input: [onnxValue("x", [1, SIZE])],
      output: [onnxValue("y", [1, 4])],
      initializer: [
        ...[floats("low", [], [0]), floats("high", [], [1]), floats("w", [SIZE, 4], weights)],
        floats("b", [4], [0, -0.01, -0.02, -0.03]),
      ],
    };
    writeFileSync(at("model.onnx"), modelBytes(graph));
    const next = random(3);
    const pixel = (row: number, k: number) => Math.round(255 * ((next() + 1) / 4 + (k >> 2 === row % 4 ? 0.5 : 0))) + 1;
    const pixels = Array.from({ length: 40 * SIZE }, (_, i) => pixel(Math.floor(i / SIZE), i % SIZE));
    writeFileSync(at("bytes.npy"), float32Npy([40, SIZE], pixels));
  });

  test.each([
    ["quantize", ["-o", at("q.onnx")]],
    ["generate", ["--board", "host", "-o", at("firmware")]],
  ])("%s says so, and what would be right", async (command, args) => {
    const given = [command, at("model.onnx"), "--calibration", at("bytes.npy"), ...args];
    const { status, stderr, stdout } = await onnx2mcu([...given, "--json"]);
    expect(status).toBe(0);
    expect(stderr).toMatch(
      /warning: data-unlike-training: .*40 of 40 calibration rows for class 0.*with x \/ 255 the data would fit/,
    );
    expect(JSON.parse(stdout).warnings.map(({ code }: { code: string }) => code)).toContain("data-unlike-training");
  });
});
