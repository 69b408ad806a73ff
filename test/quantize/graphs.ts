/** Small float graphs and rows for tests of the quantiser. */
import type { Attributes, Graph, Node, Shape, Tensor } from "../../src/graph/ir.js";
import { elementCount } from "../../src/graph/ir.js";
import type { Rows } from "../../src/quantize/calibrate.js";
import { randomFrom } from "../mutation/random.js";

/** Repeatable numbers in [-1, 1). */
export function random(seed: number): () => number {
  const { unit } = randomFrom(seed);
  return () => 2 * unit() - 1;
}

export const value = (name: string, shape: Shape): Tensor => ({ name, type: "float32", shape });

export const constant = (name: string, shape: Shape, element: (index: number) => number): Tensor => ({
  ...value(name, shape),
  data: Float32Array.from({ length: elementCount(shape) }, (_, i) => element(i)),
});

export const node = (operator: string, inputs: string[], output: string, attributes: Attributes = {}): Node => ({
  ...{ name: output, operator, domain: "", inputs, outputs: [output], attributes },
});

export const graphOf = (nodes: readonly Node[], tensors: readonly Tensor[]): Graph => ({
  ...{ name: "g", opset: 17, inputs: ["x"], outputs: [nodes.at(-1)!.outputs[0]], nodes },
  tensors: new Map(tensors.map((tensor) => [tensor.name, tensor])),
});

/** Numbers in [mean - 1, mean + 1). */
export function randomRows(rows: number, size: number, seed = 1, mean = 0): Rows {
  const next = random(seed);
  const all = Array.from({ length: rows }, () => Float32Array.from({ length: size }, () => mean + next()));
  return { rows, row: (i) => [all[i]] };
}

const conv = { channels_last: 1, strides: [1, 1], dilations: [1, 1], pads: [0, 0, 0, 0] };

/** Pointwise, depthwise 3 x 3 and pointwise, each with a Relu; channel c between is `spread(c)` times as large as the first. */
export function separableGraph(spread: (channel: number) => number, channels = 8): Graph {
  const next = random(7);
  const relu = { fused_min: 0 };
  return graphOf(
    [
      node("Conv", ["x", "w1", "b1"], "a", { ...conv, kernel_shape: [1, 1], group: 1, ...relu }),
      node("Conv", ["a", "w2", "b2"], "b", {
        ...{ ...conv, kernel_shape: [3, 3], pads: [1, 1, 1, 1], group: channels, ...relu },
      }),
      node("Conv", ["b", "w3", "b3"], "y", { ...conv, kernel_shape: [1, 1], group: 1 }),
    ],
    [
      value("x", [1, 6, 6, 4]),
      value("a", [1, 6, 6, channels]),
      value("b", [1, 6, 6, channels]),
      value("y", [1, 6, 6, 3]),
      constant("w1", [channels, 4, 1, 1], (i) => next() * spread(Math.floor(i / 4))),
      constant("b1", [channels], (c) => 0.2 * spread(c)),
      constant("w2", [channels, 1, 3, 3], next),
      constant("b2", [channels], () => 0),
      constant("w3", [3, channels, 1, 1], (i) => next() / spread(i % channels)),
      constant("b3", [3], () => 0.1),
    ],
  );
}
