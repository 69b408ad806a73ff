import { describe, expect, test } from "vitest";
import type { Graph } from "../../../src/graph/ir.js";
import { layerErrors } from "../../../src/quantize/layer_errors.js";
import { type Correction, quantiseFloat } from "../../../src/quantize/quantise.js";
import { sampleValues, spread } from "../../../src/quantize/samples.js";
import { constant, graphOf, node, random, randomRows, separableGraph, value } from "../graphs.js";

/** dB of the output on rows that were not calibrated on. */
function outputSnr(graph: Graph, corrections: Correction[], size: number, scheme = {}): number {
  const { graph: quantised } = quantiseFloat(graph, randomRows(60, size, 1, 2), { corrections, scheme });
  const unseen = randomRows(40, size, 1234, 2);
  return layerErrors(quantised, sampleValues(graph, unseen, spread(40, 40))).at(-1)!.accumulated;
}

/** A chain of products of which one weight is far larger than the rest, so that one scale for all is coarse. */
function chain(): Graph {
  const next = random(5);
  const layers = [0, 1, 2];
  const name = (i: number) => (i === 0 ? "x" : i === layers.length ? "y" : `a${i}`);
  return graphOf(
    layers.map((i) => node("Gemm", [name(i), `w${i}`, `b${i}`], name(i + 1), { fused_min: 0 })),
    [
      ...[0, 1, 2, 3].map((i) => value(name(i), [1, 48])),
      ...layers.map((i) => constant(`w${i}`, [48, 48], (k) => (k === 0 ? 6 : 0.1 * next() + 0.01))),
      ...layers.map((i) => constant(`b${i}`, [48], () => 0.5)),
    ],
  );
}

describe("roundWeights", () => {
  test("the mean of the error goes with bias correction, more with rounding", () => {
    const scheme = { perTensor: true };
    const plain = outputSnr(chain(), [], 48, scheme);
    const bias = outputSnr(chain(), ["bias"], 48, scheme);
    const rounding = outputSnr(chain(), ["bias", "rounding"], 48, scheme);
    expect(bias).toBeGreaterThan(plain + 2);
    expect(rounding).toBeGreaterThanOrEqual(bias - 0.2);
  });

  test("convolutions and depthwise ones lose no more than without", () => {
    const graph = separableGraph(() => 1);
    expect(outputSnr(graph, ["bias", "rounding"], 144)).toBeGreaterThanOrEqual(outputSnr(graph, [], 144) - 0.1);
  });

  test("is repeatable, keeps shapes, and weights of zero", () => {
    const graph = separableGraph(() => 1);
    const zero = Float32Array.from(graph.tensors.get("w3")!.data as Float32Array, (w, i) => (i < 8 ? 0 : w));
    const tensors = new Map([...graph.tensors, ["w3", { ...graph.tensors.get("w3")!, data: zero }]]);
    const runs = [0, 1].map(() =>
      quantiseFloat({ ...graph, tensors }, randomRows(30, 144), { corrections: ["rounding"] }),
    );
    expect(runs[0].graph).toEqual(runs[1].graph);
    const [stored] = [...runs[0].graph.tensors.values()].filter(({ name }) => name.startsWith("w3"));
    expect(Array.from(stored.data as Int8Array).slice(0, 8)).toEqual(new Array(8).fill(0));
    expect(runs[0].rounded.map(({ node: name }) => name)).toEqual(["a", "b", "y"]);
  });

  test("one row is enough to run", () => {
    const { rounded } = quantiseFloat(chain(), randomRows(1, 48), { corrections: ["rounding"] });
    expect(rounded).toHaveLength(3);
  });

  test("layers of a whole row stay as they are where all rows are one class", () => {
    const classifier = (first: number) => {
      const next = random(9);
      return graphOf(
        [node("Gemm", ["x", "w", "b"], "y")],
        [
          ...[value("x", [1, 24]), value("y", [1, 4])],
          ...[constant("w", [4, 24], next), constant("b", [4], (c) => (c === 0 ? first : 0))],
        ],
      );
    };
    const rounded = (first: number) =>
      quantiseFloat(classifier(first), randomRows(40, 24), { corrections: ["rounding"] }).rounded;
    expect(rounded(0)).toHaveLength(1);
    expect(rounded(100)).toHaveLength(0);
  });
});
