/** Attention in all its forms, and what exported transformers have around it. */
import type { Attributes, Shape } from "../../../src/graph/ir.js";
import { constant, feed, tensor } from "../../onnxruntime.js";
import type { NodeCase } from "../node_case.js";

type Input = NodeCase["inputs"][number];

const attention = (
  name: string,
  inputs: readonly Input[],
  outputs: readonly (Shape | undefined)[],
  attributes: Attributes = {},
  opset = 23,
): NodeCase => ({
  name,
  operator: "Attention",
  opset,
  attributes,
  inputs,
  output: outputs[0]!,
  outputs: outputs.map((shape) => shape && { type: "float32", shape }),
  tolerance: 1e-4,
});

const Q: Shape = [2, 3, 4, 8];
const K: Shape = [2, 3, 5, 8];
const V: Shape = [2, 3, 5, 6];
const Y: Shape = [2, 3, 4, 6];

const microsoft = (operator: string, inputs: NodeCase["inputs"], attributes: Attributes = {}): NodeCase => ({
  name: "com.microsoft",
  domain: "com.microsoft",
  operator,
  attributes,
  inputs,
  output: [2, 3, 8],
});

const capped = (x: number) => 2 * Math.tanh(x / 2);
const few = (shape: Shape, ...values: number[]) => feed(tensor("float32", shape, values));

/** One query of 2, keys 1 and 3, values 1 and 5, a mask and then the softcap 2 (onnxruntime caps first). */
function staged(qk_matmul_output_mode: number, scores: readonly number[]): NodeCase {
  const [a, b] = [2.5, 5].map((x) => Math.exp(capped(x)));
  return {
    ...attention(
      `scores of mode ${qk_matmul_output_mode} with mask and softcap`,
      [few([1, 1, 1, 1], 2), few([1, 1, 2, 1], 1, 3), few([1, 1, 2, 1], 1, 5), few([1, 2], 0.5, -1)],
      [[1, 1, 1, 1], undefined, undefined, [1, 1, 1, 2]],
      { qk_matmul_output_mode, softcap: 2, scale: 1 },
    ),
    expected: [Float32Array.of((a + 5 * b) / (a + b)), Float32Array.from(scores)],
  };
}

const MASK = Array.from({ length: 20 }, (_, i) => (i % 5 > i / 5 ? Number.NEGATIVE_INFINITY : 0.25));

export const cases: readonly NodeCase[] = [
  { ...attention("4-D", [Q, K, V], [Y]), int8: 3 },
  attention(
    "3-D",
    [
      [2, 4, 24],
      [2, 5, 24],
      [2, 5, 18],
    ],
    [[2, 4, 18]],
    { q_num_heads: 3, kv_num_heads: 3 },
  ),
  attention("scale and softcap", [Q, K, V], [Y], { scale: 0.3, softcap: 2 }),
  attention("float mask", [Q, K, V, constant([4, 5], 9)], [Y]),
  { ...attention("causal", [Q, K, V], [Y], { is_causal: 1 }), int8: 3 },
  {
    ...attention("mask with -infinity", [Q, K, V, tensor("float32", [4, 5], MASK)], [Y]),
    int8: 3,
  },
  {
    ...attention(
      "mask as good as -infinity",
      [
        Q,
        K,
        V,
        tensor(
          "float32",
          [4, 5],
          MASK.map((v) => Math.max(v, -1e9)),
        ),
      ],
      [Y],
    ),
    int8: 3,
  },
  attention("past and present", [Q, K, V, undefined, [2, 3, 2, 8], [2, 3, 2, 6]], [Y, [2, 3, 7, 8], [2, 3, 7, 6]]),
  ...[0, 3].map((qk_matmul_output_mode) =>
    attention(
      `scores of mode ${qk_matmul_output_mode}`,
      [Q, K, V, [2, 1, 4, 5]],
      [Y, undefined, undefined, [2, 3, 4, 5]],
      { qk_matmul_output_mode },
    ),
  ),
  staged(0, [2, 6]),
  staged(1, [2.5, 5]),
  staged(2, [capped(2.5), capped(5)]),
  microsoft("SkipLayerNormalization", [[2, 3, 8], [2, 3, 8], ...[2, 3, 4].map((seed) => constant([8], seed))]),
  microsoft("SkipLayerNormalization", [[2, 3, 8], [2, 3, 8], constant([8], 2)]),
  microsoft("SkipSimplifiedLayerNormalization", [[2, 3, 8], [2, 3, 8], constant([8], 2), constant([8], 3)]),
  { ...microsoft("SimplifiedLayerNormalization", [[2, 3, 8], constant([8], 2)]), domain: "" },
  microsoft(
    "FusedMatMul",
    [
      [2, 5, 3],
      [2, 8, 5],
    ],
    { transA: 1, transB: 1, alpha: 0.25 },
  ),
  microsoft("FusedMatMul", [[2, 3, 5], constant([5, 8], 3)]),
  { ...microsoft("QuickGelu", [[2, 3, 8]]), int8: 2 },
  { ...microsoft("QuickGelu", [[2, 3, 8]], { alpha: 0.5 }), range: 6 },
];
