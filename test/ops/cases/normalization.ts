/** Normalisations. */
import { constant, feed, tensor } from "../../onnxruntime.js";
import type { NodeCase } from "../node_case.js";

export const cases: readonly NodeCase[] = [
  {
    name: "default axes",
    operator: "MeanVarianceNormalization",
    inputs: [[2, 3, 5, 4]],
    output: [2, 3, 5, 4],
    int8: 2,
  },
  {
    name: "axes apart from each other",
    operator: "MeanVarianceNormalization",
    attributes: { axes: [0, -1] },
    inputs: [[2, 3, 5, 4]],
    output: [2, 3, 5, 4],
    int8: 2,
  },
  {
    name: "last axis",
    operator: "LayerNormalization",
    opset: 17,
    inputs: [[2, 5, 16], constant([16], 3), constant([16], 4)],
    output: [2, 5, 16],
    int8: 4,
  },
  {
    name: "several axes, no bias",
    operator: "LayerNormalization",
    opset: 17,
    attributes: { axis: 1, epsilon: 0.01 },
    inputs: [
      [3, 4, 6],
      [4, 6],
    ],
    output: [3, 4, 6],
    int8: 4,
  },
  {
    name: "any rank",
    operator: "InstanceNormalization",
    inputs: [[2, 3, 7], constant([3], 5), constant([3], 6)],
    output: [2, 3, 7],
    int8: 4,
  },
  {
    name: "image",
    operator: "InstanceNormalization",
    inputs: [[2, 3, 4, 5], [3], [3]],
    output: [2, 3, 4, 5],
    int8: 4,
  },
  {
    name: "parameters per channel",
    operator: "GroupNormalization",
    opset: 21,
    attributes: { num_groups: 2 },
    inputs: [[2, 4, 3, 3], constant([4], 5), constant([4], 6)],
    output: [2, 4, 3, 3],
    int8: 4,
  },
  {
    name: "with computed statistics",
    operator: "BatchNormalization",
    opset: 15,
    inputs: [[2, 3, 4], [3], [3], [3], feed(tensor("float32", [3], [0.5, 2, 1e-3]))],
    output: [2, 3, 4],
    attributes: { epsilon: 1e-3 },
  },
];
