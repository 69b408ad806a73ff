/** Pooling by norms. */
import type { Attributes, Shape } from "../../../src/graph/ir.js";
import type { NodeCase } from "../node_case.js";

const pool = (
  name: string,
  x: Shape,
  output: Shape,
  attributes: Attributes,
  more: Partial<NodeCase> = {},
): NodeCase => ({
  ...{ name, operator: "LpPool", opset: 18, inputs: [x], output, attributes },
  ...more,
});

const global = (name: string, x: Shape, attributes: Attributes): NodeCase => ({
  ...{ name, operator: "GlobalLpPool", inputs: [x], output: [...x.slice(0, 2), ...x.slice(2).map(() => 1)] },
  attributes,
});

export const cases: readonly NodeCase[] = [
  pool("one axis", [2, 3, 9], [2, 3, 8], { kernel_shape: [2] }),
  pool("sums of absolute values", [1, 3, 7, 6], [1, 3, 5, 3], { kernel_shape: [3, 2], strides: [1, 2], p: 1 }),
  pool("p = 3, padded", [1, 2, 5, 5], [1, 2, 3, 3], {
    ...{ kernel_shape: [3, 3], strides: [2, 2], pads: [1, 1, 1, 1], p: 3 },
  }),
  pool("asymmetric pads", [1, 2, 6, 5], [1, 2, 6, 6], { kernel_shape: [3, 3], pads: [2, 1, 0, 2] }),
  pool("dilated", [1, 2, 8, 8], [1, 2, 6, 4], { kernel_shape: [2, 3], dilations: [2, 2] }),
  pool("ceil_mode", [1, 2, 6, 7], [1, 2, 3, 3], { kernel_shape: [3, 3], strides: [2, 2], ceil_mode: 1 }),
  pool("SAME_UPPER", [1, 2, 5, 6], [1, 2, 3, 3], {
    ...{ kernel_shape: [2, 2], strides: [2, 2], auto_pad: "SAME_UPPER" },
  }),
  pool("SAME_LOWER", [1, 2, 6, 6], [1, 2, 6, 6], { kernel_shape: [2, 2], auto_pad: "SAME_LOWER" }),
  pool("three axes", [1, 2, 4, 5, 3], [1, 2, 3, 3, 2], { kernel_shape: [2, 3, 2], p: 2 }),
  pool("operator set 2", [1, 2, 4, 4], [1, 2, 3, 3], { kernel_shape: [2, 2] }, { opset: 7 }),
  global("L2", [2, 3, 4, 5], {}),
  global("L1 of one axis", [1, 3, 7], { p: 1 }),
  global("p = 4 of three axes", [1, 2, 2, 3, 2], { p: 4 }),
];
