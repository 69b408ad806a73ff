/** Fourier transforms, window functions and mel weights. */
import type { Attributes, Shape } from "../../../src/graph/ir.js";
import { constant, tensor } from "../../onnxruntime.js";
import type { NodeCase } from "../node_case.js";

const scalar = (value: number) => tensor("int64", [], [value]);

const dft = (
  name: string,
  input: Shape,
  output: Shape,
  attributes: Attributes = {},
  length?: number,
  opset = 17,
): NodeCase => ({
  name,
  operator: "DFT",
  opset,
  attributes,
  inputs: length === undefined ? [input] : [input, scalar(length)],
  output,
});

const window = (operator: string, periodic: number): NodeCase => ({
  name: periodic ? "periodic" : "symmetric",
  operator,
  opset: 17,
  attributes: { periodic },
  inputs: [scalar(9)],
  output: [9],
});

export const cases: readonly NodeCase[] = [
  dft("real, 16 values", [2, 16, 1], [2, 16, 2]),
  dft("complex, 12 values in the middle", [2, 12, 3, 2], [2, 12, 3, 2], { axis: -3 }),
  dft("one-sided, padded with zeros", [1, 10, 1], [1, 9, 2], { onesided: 1 }, 16),
  dft("cut to an odd length, last axis but one", [2, 3, 10, 1], [2, 3, 7, 2], { axis: 2 }, 7),
  dft("inverse", [1, 20, 2], [1, 20, 2], { inverse: 1 }),
  {
    ...dft("axis as input", [3, 8, 4, 1], [3, 8, 4, 2], {}, undefined, 20),
    inputs: [[3, 8, 4, 1], undefined, scalar(1)],
  },
  {
    name: "frames of 16 with a window",
    operator: "STFT",
    opset: 17,
    inputs: [[2, 50, 1], scalar(7), constant([16], 5), scalar(16)],
    output: [2, 5, 9, 2],
  },
  {
    name: "complex and two-sided without a window",
    operator: "STFT",
    opset: 17,
    attributes: { onesided: 0 },
    inputs: [[1, 20, 2], scalar(5), undefined, scalar(10)],
    output: [1, 3, 10, 2],
  },
  ...["HannWindow", "HammingWindow", "BlackmanWindow"].flatMap((operator) => [
    window(operator, 1),
    window(operator, 0),
  ]),
  {
    name: "8 bands of 64",
    operator: "MelWeightMatrix",
    opset: 17,
    inputs: [scalar(8), scalar(64), scalar(8192), tensor("float32", [], [20]), tensor("float32", [], [4096])],
    output: [33, 8],
  },
];
