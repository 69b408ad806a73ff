/** Normalisation over channels or by a norm. */
import { constant } from "../../onnxruntime.js";
import type { NodeCase } from "../node_case.js";

export const cases: readonly NodeCase[] = [
  {
    name: "5 channels",
    operator: "LRN",
    inputs: [[1, 5, 3, 3]],
    output: [1, 5, 3, 3],
    attributes: { size: 3, alpha: 0.01, beta: 0.5, bias: 2 },
  },
  {
    name: "L2 of the last axis",
    operator: "LpNormalization",
    inputs: [[2, 3, 4]],
    output: [2, 3, 4],
    attributes: { p: 2, axis: -1 },
  },
  {
    name: "L1 of axis 1",
    operator: "LpNormalization",
    inputs: [[2, 3, 4]],
    output: [2, 3, 4],
    attributes: { p: 1, axis: 1 },
  },
  {
    name: "last axis",
    operator: "RMSNormalization",
    opset: 23,
    inputs: [[2, 3, 4], constant([4], 5)],
    output: [2, 3, 4],
    attributes: { epsilon: 1e-5 },
    tolerance: 1e-5,
  },
];
