/** RotaryEmbedding in every layout. */
import type { Attributes, Shape } from "../../../src/graph/ir.js";
import { constant, feed, tensor } from "../../onnxruntime.js";
import type { NodeCase } from "../node_case.js";

/** 2 samples, 3 positions, heads of 8 features. */
const POSITIONS = tensor("int64", [2, 3], [4, 0, 2, 1, 1, 5]);

const rotary = (name: string, x: Shape, attributes: Attributes, indexed: boolean, half = 4): NodeCase => ({
  ...{ name, operator: "RotaryEmbedding", opset: 23, attributes, output: x, int8: 3 },
  inputs: indexed
    ? [x, constant([6, half], 5), constant([6, half], 6), POSITIONS]
    : [x, constant([2, 3, half], 5), constant([2, 3, half], 6)],
});

export const cases: readonly NodeCase[] = [
  rotary("halves", [2, 4, 3, 8], {}, true),
  rotary("without positions", [2, 4, 3, 8], {}, false),
  rotary("neighbours", [2, 1, 3, 8], { interleaved: 1 }, true),
  rotary("three axes", [2, 3, 32], { num_heads: 4 }, false),
  rotary("part of each head", [2, 4, 3, 8], { rotary_embedding_dim: 4, num_heads: 4 }, true, 2),
  rotary(
    "neighbours in part of each head",
    [2, 3, 16],
    { rotary_embedding_dim: 6, interleaved: 1, num_heads: 2 },
    true,
    3,
  ),
  {
    ...rotary("positions at run time", [2, 4, 3, 8], {}, true),
    inputs: [[2, 4, 3, 8], constant([6, 4], 5), constant([6, 4], 6), feed(POSITIONS)],
    int8: undefined,
  },
];
