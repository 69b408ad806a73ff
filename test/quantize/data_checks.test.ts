import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { boundGraph, canonicalGraph, read } from "../../src/compile.js";
import { loadData } from "../../src/data/load.js";
import { inputRows, testRows } from "../../src/data/rows.js";
import { fedInputs, type Graph } from "../../src/graph/ir.js";
import { canonicalise } from "../../src/passes/index.js";
import type { Rows } from "../../src/quantize/calibrate.js";
import { dataMismatch } from "../../src/quantize/data_checks.js";
import { classWarnings, compareClasses, mismatchWarnings, scaleWarnings } from "../../src/quantize/diagnose.js";
import { hasShared, SHARED } from "../shared.js";
import { constant, graphOf, node, random, randomRows, value } from "./graphs.js";

/** Rows of 0..1 whose brightest quarter is the class. */
const SIZE = 16;
const next = random(3);
const examples = Array.from({ length: 80 }, (_, i) => {
  const label = i % 4;
  const pixels = Float32Array.from({ length: SIZE }, (_, k) => (next() + 1) / 4 + (k >> 2 === label ? 0.5 : 0));
  return { label, pixels };
});
const labels = examples.map(({ label }) => label);
const rowsOf = (change: (x: number) => number): Rows => ({
  rows: examples.length,
  row: (i) => [examples[i].pixels.map(change)],
});

/** Sums of the quarters; the last class wins where all is dark, the first one where all is far too bright. */
const weights = constant("w", [4, SIZE], (i) => ((i % SIZE) >> 2 === i >> 4 ? 1 : 0));
const classifier: Graph = graphOf(
  [node("Clip", ["x", "low", "high"], "c"), node("Gemm", ["c", "w", "b"], "y", { transB: 1 })],
  [
    ...[value("x", [1, SIZE]), constant("low", [], () => 0), constant("high", [], () => 1), weights],
    constant("b", [4], (i) => -0.01 * i),
  ],
);

/** A BatchNormalization that saw the rows as they are. */
const normalised: Graph = graphOf(
  [node("BatchNormalization", ["x", "s", "o", "m", "v"], "n"), node("Relu", ["n"], "y")],
  [
    ...[value("x", [1, 2, 4, 2]), constant("s", [2], () => 1), constant("o", [2], () => 0)],
    ...[constant("m", [2], () => 0.38), constant("v", [2], () => 0.065)],
  ],
);

const checked = (bound: Graph) => ({ bound, graph: canonicalise(bound) });

describe("dataMismatch", () => {
  test.each([["a classifier", classifier] as const, ["a normalisation", normalised] as const])(
    "%s has nothing against the data that it was made for",
    (_what, bound) => {
      const inputs = rowsOf((x) => x);
      expect(dataMismatch(checked(bound), inputs, { inputs, labels })).toBeUndefined();
    },
  );

  test("one class for all rows: finds the scale", () => {
    const found = dataMismatch(
      checked(classifier),
      rowsOf((x) => Math.round(255 * x) + 1),
    );
    expect(found).toEqual({
      code: "data-unlike-training",
      complaints: ["the float model takes 64 of 64 calibration rows for class 0"],
      change: "x / 255",
    });
  });

  test("statistics of a BatchNormalization: finds the scale, without classes and labels", () => {
    const found = dataMismatch(
      checked(normalised),
      rowsOf((x) => 255 * x),
    );
    expect(found?.complaints[0]).toMatch(/^at BatchNormalization "n" .* a factor of 2\.\de\+2/);
    expect(found?.change).toBe("x / 255");
  });

  test("calibration rows of one class are right where labelled rows are, and a warning of their own without labels", () => {
    const alike: Rows = { rows: 30, row: (i) => [examples[4 * (i % 20)].pixels] };
    expect(dataMismatch(checked(classifier), alike, { inputs: rowsOf((x) => x), labels })).toBeUndefined();
    const [warning, ...others] = mismatchWarnings(checked(classifier), alike);
    expect(others).toEqual([]);
    expect(warning.code).toBe("one-class");
    expect(warning.message).toMatch(/30 of 30 calibration rows for class 0.*give rows of all classes/);
  });

  /** Rows of [1,2,4,2] as the classifier has them, and with the last axis first. */
  const image: Graph = graphOf(
    [
      node("Reshape", ["x", "flat"], "f"),
      ...classifier.nodes.map((n) => (n.name === "c" ? { ...n, inputs: ["f", "low", "high"] } : n)),
    ],
    [
      ...[...classifier.tensors.values()].filter(({ name }) => name !== "x"),
      value("x", [1, 2, 4, 2]),
      { name: "flat", type: "int64", shape: [2], data: BigInt64Array.from([1n, 16n]) },
    ],
  );
  const lastAxisFirst = (pixels: Float32Array) =>
    Float32Array.from({ length: SIZE }, (_, at) => pixels[(at % 8) * 2 + (at >> 3)]);

  test("another order of the axes is suggested where labels speak for it, not to make classes of rows that are alike", () => {
    const inputs: Rows = { rows: examples.length, row: (i) => [lastAxisFirst(examples[i].pixels)] };
    const found = dataMismatch(checked(image), inputs, { inputs, labels });
    expect(found).toMatchObject({ code: "data-unlike-training", change: "transpose rows of [2,2,4] to [2,4,2]" });
    const alike: Rows = { rows: 30, row: (i) => [examples[4 * (i % 20)].pixels] };
    expect(dataMismatch(checked(image), alike)).toMatchObject({ code: "one-class" });
    expect(dataMismatch(checked(image), alike)).not.toHaveProperty("change");
  });

  test("of changes that fit alike the usual one is named", () => {
    const inputs = rowsOf((x) => 255 * x - 0.5);
    expect(dataMismatch(checked(classifier), inputs, { inputs, labels })).toMatchObject({ change: "x / 255" });
  });

  test("rows are run until the answer is clear, and what is tried is told", () => {
    const taken = new Set<number>();
    const right = rowsOf((x) => x);
    const inputs: Rows = {
      rows: right.rows,
      row(i) {
        taken.add(i);
        return right.row(i);
      },
    };
    const tried: number[] = [];
    dataMismatch(checked(classifier), right, { inputs, labels }, (done) => tried.push(done));
    expect(taken.size).toBe(20);
    expect(tried).toEqual([]);
    dataMismatch(
      checked(classifier),
      rowsOf((x) => 255 * x + 1),
      undefined,
      (done) => tried.push(done),
    );
    expect(tried).toEqual([0, 1]);
  });

  test.skipIf(!hasShared).each(["fsdd_gru", "fsdd_transformer", "mlperf_kws", "mnist_mbv3", "mcunet_vww"])(
    "%s: nothing against its own data (needs ../shared)",
    (name) => {
      const folder = join(SHARED, "models", name);
      const model = read(join(folder, "model.onnx"));
      const graph = canonicalGraph(model);
      const file = loadData(join(folder, "data.npz"));
      const inputs = fedInputs(graph).map((input) => graph.tensors.get(input)!);
      const tests = testRows(file, inputs)!;
      const given = { inputs: tests.inputs, labels: tests.labels! };
      const bound = boundGraph(model);
      expect(mismatchWarnings({ graph, bound }, inputRows(file, "calibration", inputs), given)).toEqual([]);
    },
  );

  test("labels that have nothing to do with the rows: no scale explains them", () => {
    const inputs = rowsOf((x) => x);
    const shifted = labels.map((label) => (label + 1) % 4);
    const [warning] = mismatchWarnings(checked(classifier), inputs, { inputs, labels: shifted });
    expect(warning).toMatchObject({ code: "data-unlike-training" });
    expect(warning.message).toMatch(/right on 0 of 8 labelled rows.*order of the classes/);
  });
});

test("scaleWarnings: calibration rows of another scale than the inputs", () => {
  const rows = rowsOf((x) => x);
  expect(scaleWarnings(rows, rows, ["x"])).toEqual([]);
  expect(
    scaleWarnings(
      rowsOf((x) => 255 * x),
      rows,
      ["x"],
    )[0].message,
  ).toMatch(/^input "x".* 2\.6e\+2 times as large/);
  expect(scaleWarnings(rows, randomRows(10, 0), ["x"])).toEqual([]);
});

test("classes that disappear, and accuracy that falls, are named", () => {
  const output = (top: number) => Float32Array.from({ length: 3 }, (_, i) => (i === top ? 1 : 0));
  const float = [0, 1, 2, 2, 1, 0].map(output);
  const same = compareClasses(float, float, [0, 1, 2, 2, 1, 1]);
  expect(same).toEqual({ rows: 6, agreement: 1, float: 5 / 6, int8: 5 / 6, vanished: [] });
  expect(classWarnings(same)).toEqual([]);
  const lost = compareClasses(float, [0, 1, 1, 0, 1, 0].map(output), [0, 1, 2, 2, 1, 1]);
  expect(classWarnings(lost).map(({ code }) => code)).toEqual(["accuracy-drop", "class-vanished"]);
  expect(classWarnings(lost)[1].message).toMatch(/^class 2 has disappeared: float32 gives it for 2 of 6 rows/);
});
