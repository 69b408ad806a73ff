import { describe, expect, test } from "vitest";
import type { Graph } from "../../../src/graph/ir.js";
import { equalise, LAYERS } from "../../../src/quantize/corrections/equalise.js";
import { ownConstants } from "../../../src/quantize/corrections/own_constants.js";
import { floatOutputs } from "../../../src/quantize/first_output.js";
import { layerErrors } from "../../../src/quantize/layer_errors.js";
import { quantiseFloat } from "../../../src/quantize/quantise.js";
import { sampleValues, spread } from "../../../src/quantize/samples.js";
import { constant, graphOf, node, randomRows, separableGraph, value } from "../graphs.js";

const data = randomRows(40, 6 * 6 * 4);
const unseen = randomRows(20, 6 * 6 * 4, 99);

const unseenRows = Array.from({ length: unseen.rows }, (_, i) => unseen.row(i));

function expectSameReals(a: Graph, b: Graph): void {
  const expected = floatOutputs(a, unseenRows);
  floatOutputs(b, unseenRows).forEach((row, i) => {
    row.forEach((x, k) => {
      expect(Math.abs(x - expected[i][k])).toBeLessThan(1e-4 * (1 + Math.abs(expected[i][k])));
    });
  });
}

/** dB of the output on rows that calibration has not seen. */
function outputSnr(graph: Graph, quantised: Graph): number {
  return layerErrors(quantised, sampleValues(graph, unseen, spread(unseen.rows, 20))).at(-1)!.accumulated;
}

const producers = new Set<string>(LAYERS);

describe("equalise", () => {
  const spreadBy1000 = separableGraph((channel) => 1000 ** (channel / 7));

  test("changes nothing in reals, through a depthwise layer with padding", () => {
    const { graph, equalised } = equalise(ownConstants(spreadBy1000), data, producers);
    expect(equalised.map(({ value: name }) => name)).toEqual(["a", "b"]);
    expect(equalised[0].spread).toBeGreaterThan(300);
    expectSameReals(spreadBy1000, graph);
  });

  test("recovers a model whose channels differ by 1,000 and collapses otherwise", () => {
    const collapsed = quantiseFloat(spreadBy1000, data, { scheme: { perTensor: true } });
    const recovered = quantiseFloat(spreadBy1000, data, { scheme: { perTensor: true }, corrections: ["equalise"] });
    expect(outputSnr(spreadBy1000, collapsed.graph)).toBeLessThan(12);
    expect(outputSnr(spreadBy1000, recovered.graph)).toBeGreaterThan(28);
  });

  test("keeps what a Relu6 cuts off where it was cut", () => {
    const graph = separableGraph((channel) => 1 + 3 * channel);
    const clipped = {
      ...graph,
      nodes: graph.nodes.map((n, i) => (i < 2 ? { ...n, attributes: { ...n.attributes, fused_max: 6 } } : n)),
    };
    expectSameReals(clipped, equalise(ownConstants(clipped), data, producers).graph);
  });

  test("keeps what a Clip by itself, behind a Reshape, cuts off", () => {
    const graph = graphOf(
      [
        node("Gemm", ["x", "w", "b"], "a"),
        node("Reshape", ["a"], "r", { shape: [6, 6, 4] }),
        node("Clip", ["r"], "c", { min: 0, max: 6 }),
        node("Reshape", ["c"], "s", { shape: [36, 4] }),
        node("Gemm", ["s", "v"], "y"),
      ],
      [
        ...[value("x", [36, 4]), value("a", [36, 4]), value("r", [6, 6, 4]), value("c", [6, 6, 4])],
        ...[value("s", [36, 4]), value("y", [36, 2])],
        ...[constant("w", [4, 4], (i) => 0.1 * 10 ** (i / 8) * ((i % 3) - 0.5)), constant("b", [4], () => 0.5)],
        ...[constant("v", [2, 4], (i) => i - 3)],
      ],
    );
    const { graph: scaled, equalised } = equalise(ownConstants(graph), data, producers);
    expect(equalised.map(({ value: name }) => name)).toEqual(["a"]);
    expectSameReals(graph, scaled);
  });

  test("leaves a value alone that something else than weights reads", () => {
    const graph = graphOf(
      [
        node("Gemm", ["x", "w", "b"], "a", { fused_min: 0 }),
        node("Gemm", ["a", "v", "c"], "d"),
        node("Add", ["a", "d"], "y"),
      ],
      [
        ...[value("x", [36, 4]), value("a", [36, 4]), value("d", [36, 4]), value("y", [36, 4])],
        ...[constant("w", [4, 4], (i) => 10 ** (i / 4)), constant("b", [4], () => 0)],
        ...[constant("v", [4, 4], (i) => i), constant("c", [4], () => 0)],
      ],
    );
    expect(equalise(ownConstants(graph), data, producers).equalised).toEqual([]);
  });

  test("layers that share their weights get copies", () => {
    const graph = graphOf(
      [node("Gemm", ["x", "w", "b"], "a", { fused_min: 0 }), node("Gemm", ["a", "w"], "y")],
      [
        ...[value("x", [36, 4]), value("a", [36, 4]), value("y", [36, 4])],
        ...[constant("w", [4, 4], (i) => 10 ** (i / 8) * (i % 3)), constant("b", [4], () => 0.1)],
      ],
    );
    const own = ownConstants(graph);
    expect(own.nodes[1].inputs[1]).not.toBe(own.nodes[0].inputs[1]);
    expectSameReals(graph, equalise(own, data, producers).graph);
  });
});
