import { describe, expect, test } from "vitest";
import type { Attributes, Graph } from "../../../src/graph/ir.js";
import { clippedNormalMean, correctBiases, expectedValues } from "../../../src/quantize/corrections/analytic_bias.js";
import { quantiseFloat } from "../../../src/quantize/quantise.js";
import { constant, graphOf, node, random, randomRows, value } from "../graphs.js";

/** The integral of clamp(x) times the normal density, by the midpoint rule over 12 deviations. */
function integrated(mean: number, deviation: number, low: number, high: number): number {
  const steps = 200_000;
  const width = (24 * deviation) / steps;
  let sum = 0;
  for (let i = 0; i < steps; i++) {
    const x = mean - 12 * deviation + (i + 0.5) * width;
    const share = Math.exp(-0.5 * ((x - mean) / deviation) ** 2) / (deviation * Math.sqrt(2 * Math.PI));
    sum += Math.min(high, Math.max(low, x)) * share * width;
  }
  return sum;
}

describe("clippedNormalMean", () => {
  const infinite = Number.POSITIVE_INFINITY;
  test.each([
    ...[
      [0, 1, 0, infinite],
      [0.5, 2, 0, 6],
      [-3, 1, 0, 6],
      [8, 1, 0, 6],
      [1, 0.1, 0, infinite],
      [-1, 3, -2, 2],
    ],
    ...[
      [0, 1, -infinite, 1],
      [2, 5, -infinite, infinite],
      [-40, 1, 0, infinite],
      [40, 1, 0, 6],
    ],
  ])("mean %d, deviation %d, clamped to [%d, %d]", (mean, deviation, low, high) => {
    expect(clippedNormalMean(mean, deviation, low, high)).toBeCloseTo(integrated(mean, deviation, low, high), 5);
  });

  test("without a deviation it is the clamped mean", () => {
    expect(clippedNormalMean(7, 0, 0, 6)).toBe(6);
    expect(clippedNormalMean(-1, 0, 0, 6)).toBe(0);
  });
});

const next = random(3);
const dense = (clamp: Attributes): Graph =>
  graphOf(
    [node("Gemm", ["x", "w", "b"], "a", clamp), node("Gemm", ["a", "v", "c"], "y")],
    [
      ...[value("x", [1, 16]), value("a", [1, 12]), value("y", [1, 5])],
      ...[constant("w", [12, 16], next), constant("b", [12], () => 0.3)],
      ...[constant("v", [5, 12], next), constant("c", [5], () => 0.1)],
    ],
  );

describe("correctBiases", () => {
  const graph = dense({ fused_min: 0 });
  const rows = randomRows(400, 16, 2, 0.4);

  test("expects what the rows have in the mean, a Relu on a normal distribution between", () => {
    const expected = expectedValues(graph, rows);
    const x = Array.from({ length: 16 }, (_, k) => {
      let sum = 0;
      for (let i = 0; i < rows.rows; i++) sum += (rows.row(i)[0] as Float32Array)[k];
      return sum / rows.rows;
    });
    expected.get("x")!.forEach((mean, k) => {
      expect(mean).toBeCloseTo(x[k], 5);
    });
    const [w, b] = ["w", "b"].map((name) => graph.tensors.get(name)!.data as Float32Array);
    expected.get("a")!.forEach((mean, o) => {
      let sum = 0;
      for (let i = 0; i < rows.rows; i++) {
        const row = rows.row(i)[0] as Float32Array;
        let a = b[o];
        for (let k = 0; k < 16; k++) a += w[o * 16 + k] * row[k];
        sum += Math.max(0, a) / rows.rows;
      }
      // Sums of 16 uniform values are nearly normal.
      expect(Math.abs(mean - sum)).toBeLessThan(0.05);
    });
  });

  test("takes the mean error of the rounded weights off the bias, to half a step of it", () => {
    const plain = quantiseFloat(graph, rows);
    const expected = expectedValues(graph, rows);
    const { graph: changed, corrected } = correctBiases(plain.graph, graph, expected);
    expect(corrected.map(({ node: name }) => name)).toEqual(["a", "y"]);
    for (const { name, inputs } of graph.nodes) {
      const own = plain.graph.nodes.find((n) => n.name === name)!;
      const weights = plain.graph.tensors.get(own.inputs[1])!;
      const [before, after] = [plain.graph, changed].map(({ tensors }) => tensors.get(own.inputs[2])!);
      const real = graph.tensors.get(inputs[1])!.data as Float32Array;
      const mean = expected.get(inputs[0])!;
      const { scale } = before.quantization!;
      (after.data as Int32Array).forEach((stored, o) => {
        let error = 0;
        for (let k = 0; k < mean.length; k++) {
          const step = weights.quantization!.scale.at(weights.quantization!.scale.length === 1 ? 0 : o)!;
          error += ((weights.data as Int8Array)[o * mean.length + k] * step - real[o * mean.length + k]) * mean[k];
        }
        const taken = ((before.data as Int32Array)[o] - stored) * scale[o];
        expect(Math.abs(taken - error)).toBeLessThanOrEqual(0.5001 * scale[o]);
      });
    }
  });

  test("quantise says what was corrected, with the option alone", () => {
    expect(quantiseFloat(graph, rows).analytic).toEqual([]);
    expect(quantiseFloat(graph, rows, { corrections: ["analytic"] }).analytic.length).toBe(2);
  });
});
