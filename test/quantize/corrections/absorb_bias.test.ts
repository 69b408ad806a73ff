import { describe, expect, test } from "vitest";
import type { Graph } from "../../../src/graph/ir.js";
import { absorbBiases } from "../../../src/quantize/corrections/absorb_bias.js";
import { ownConstants } from "../../../src/quantize/corrections/own_constants.js";
import { floatOutputs } from "../../../src/quantize/first_output.js";
import { layerErrors } from "../../../src/quantize/layer_errors.js";
import { quantiseFloat } from "../../../src/quantize/quantise.js";
import { sampleValues, spread } from "../../../src/quantize/samples.js";
import { constant, graphOf, node, random, randomRows, value } from "../graphs.js";

const data = randomRows(40, 6 * 6 * 4);
const conv = { channels_last: 1, strides: [1, 1], dilations: [1, 1], group: 1 };

/** Two convolutions with a clamp between; the channels of the first lie `offset(c)` above zero. */
function lifted(offset: (channel: number) => number, options: { pad?: number; clamp?: object } = {}): Graph {
  const { pad = 0, clamp = { fused_min: 0 } } = options;
  const next = random(5);
  const size = 4 + 2 * pad;
  return graphOf(
    [
      node("Conv", ["x", "w1", "b1"], "a", { ...conv, kernel_shape: [1, 1], pads: [0, 0, 0, 0], ...clamp }),
      node("Conv", ["a", "w2", "b2"], "y", { ...conv, kernel_shape: [3, 3], pads: [pad, pad, pad, pad] }),
    ],
    [
      ...[value("x", [1, 6, 6, 4]), value("a", [1, 6, 6, 8]), value("y", [1, size, size, 3])],
      constant("w1", [8, 4, 1, 1], () => 0.25 * next()),
      constant("b1", [8], offset),
      constant("w2", [3, 8, 3, 3], next),
      constant("b2", [3], () => 0.1),
    ],
  );
}

const rows = Array.from({ length: data.rows }, (_, i) => data.row(i));

function expectSameReals(a: Graph, b: Graph): void {
  const expected = floatOutputs(a, rows);
  const largest = Math.max(...expected.flatMap((row) => Array.from(row, Math.abs)));
  floatOutputs(b, rows).forEach((row, i) => {
    for (const [k, x] of row.entries()) expect(Math.abs(x - expected[i][k])).toBeLessThan(1e-5 * largest);
  });
}

const absorb = (graph: Graph) => absorbBiases(ownConstants(graph), data);
const bias = (graph: Graph, name: string) => Array.from(graph.tensors.get(name)!.data as Float32Array);

describe("absorbBiases", () => {
  test("takes what a channel never falls below, and changes nothing in reals", () => {
    const graph = lifted((c) => (c === 2 ? 9 : 0));
    const { graph: changed, absorbed } = absorb(graph);
    expect(absorbed).toMatchObject([{ value: "a", node: "a", channels: 1 }]);
    expect(absorbed[0].gain).toBeGreaterThan(6);
    const [before, after] = [bias(graph, "b1"), bias(changed, "b1")];
    expect(before.flatMap((b, c) => (Math.abs(b - after[c]) > 1e-6 ? [c] : []))).toEqual([2]);
    // What the channel gave up came back, weight by weight.
    const shift = before[2] - after[2];
    const weights = graph.tensors.get("w2")!.data as Float32Array;
    const expected = bias(graph, "b2").map((b, o) => {
      let sum = 0;
      for (let tap = 0; tap < 9; tap++) sum += weights[(o * 8 + 2) * 9 + tap];
      return b + shift * sum;
    });
    bias(changed, "b2").forEach((b, o) => {
      expect(b).toBeCloseTo(expected[o], 4);
    });
    expectSameReals(graph, changed);
  });

  test("without a clamp takes the middle of every channel", () => {
    const graph = lifted((c) => (c % 2 ? 5 : -5), { clamp: {} });
    const { graph: changed, absorbed } = absorb(graph);
    expect(absorbed).toMatchObject([{ channels: 8 }]);
    expectSameReals(graph, changed);
  });

  test("leaves alone what padding, an upper clamp that is met or values at zero need", () => {
    const high = (c: number) => (c === 2 ? 9 : 0);
    expect(absorb(lifted(high, { pad: 1 })).absorbed).toEqual([]);
    expect(absorb(lifted(high, { clamp: { fused_min: 0, fused_max: 9 } })).absorbed).toEqual([]);
    expect(absorb(lifted(() => 0)).absorbed).toEqual([]);
  });

  test("does not take the middle where a slope below zero is another", () => {
    const graph = lifted((c) => (c % 2 ? 5 : -5), { clamp: {} });
    const [first, second] = graph.nodes;
    const nodes = [first, node("LeakyRelu", ["a"], "l", { alpha: 0.1 }), { ...second, inputs: ["l", "w2", "b2"] }];
    const tensors = new Map([...graph.tensors, ["l", value("l", [1, 6, 6, 8])]]);
    const leaky = { ...graph, nodes, tensors };
    expectSameReals(leaky, absorb(leaky).graph);
  });

  test("brings decibels to int8, which quantise reports", () => {
    const graph = lifted((c) => (c === 2 ? 40 : 1));
    const snr = (corrections: readonly "absorb"[]) => {
      const quantised = quantiseFloat(graph, data, { corrections });
      const errors = layerErrors(quantised.graph, sampleValues(graph, data, spread(data.rows, 20)));
      return { dB: errors.at(-1)!.accumulated, absorbed: quantised.absorbed.length };
    };
    const [plain, corrected] = [snr([]), snr(["absorb"])];
    expect([plain.absorbed, corrected.absorbed]).toEqual([0, 1]);
    expect(corrected.dB).toBeGreaterThan(plain.dB + 6);
  });
});
