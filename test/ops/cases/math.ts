/** Functions of one value, powers, and elementwise operators in the forms of old opsets. */
import type { ElementType, Shape } from "../../../src/graph/ir.js";
import { erf } from "../../../src/numerics/unary_functions.js";
import { constant, feed, floats, type OneNode, tensor } from "../../onnxruntime.js";
import type { NodeCase } from "../node_case.js";

const VALUES = [-3.5, -2.5, -1, -0.75, -0.5, -0.1, 0, 0.1, 0.5, 0.6, 1, 1.5, 2.5, 3.25, 7];
const inside = (low: number, high: number) => VALUES.filter((x) => x >= low && x <= high);

const on = (operator: string, values: readonly number[], attributes: OneNode["attributes"] = {}): NodeCase => ({
  name: `of reals ${JSON.stringify(attributes)}`,
  ...{ operator, attributes, opset: 13 },
  inputs: [feed(tensor("float32", [values.length], values))],
  output: [values.length],
  int8: 4,
});

const activation = (operator: string, attributes: OneNode["attributes"] = {}, opset = 13): NodeCase => ({
  ...on(operator, VALUES, attributes),
  opset,
});

/** An operator that onnxruntime lacks, or has in float64 only. */
const expected = (node: NodeCase, real: (x: number) => number): NodeCase => ({
  ...node,
  expected: [Float32Array.from(VALUES, real)],
});

const gelu = (x: number) => (x / 2) * (1 + erf(x / Math.SQRT2));
const geluTanh = (x: number) => (x / 2) * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3)));
const mish = (x: number) => x * Math.tanh(Math.log1p(Math.exp(x)));

const numbers = (type: ElementType, shape: Shape, ...values: number[]) => feed(tensor(type, shape, values));
const bases = [-3, -2, -1, 1, 2, 5];

const pow = (
  name: string,
  base: ElementType,
  exponent: ElementType,
  exponents: readonly number[],
  more: Partial<NodeCase> = {},
): NodeCase => ({
  ...{ name, operator: "Pow", opset: 15, output: [6] },
  inputs: [numbers(base, [6], ...bases), numbers(exponent, [exponents.length], ...exponents)],
  outputs: [{ type: base, shape: [6] }],
  ...more,
});

/** Opset 1 to 6: b stands below the dimensions of a from `axis` on. */
const legacy = (operator: string, type: ElementType, bool = false): NodeCase => {
  const a = Array.from({ length: 24 }, (_, i) => (type === "bool" ? i % 2 : ((i * 5) % 7) + 1));
  const b = type === "bool" ? [0, 1, 1] : [1, 2, 3];
  const compute: Record<string, (x: number, y: number) => number> = {
    Add: (x, y) => x + y,
    Sub: (x, y) => x - y,
    Mul: (x, y) => x * y,
    Div: (x, y) => x / y,
    Pow: (x, y) => x ** y,
    And: (x, y) => x & y,
    Or: (x, y) => x | y,
    Xor: (x, y) => x ^ y,
    Equal: (x, y) => Number(x === y),
    Less: (x, y) => Number(x < y),
    Greater: (x, y) => Number(x > y),
  };
  const values = a.map((x, i) => compute[operator](x, b[Math.floor(i / 4) % 3]));
  return {
    name: "opset 6 with broadcast and axis",
    ...{ operator, opset: 6, attributes: { broadcast: 1, axis: 1 }, output: [2, 3, 4] },
    inputs: [numbers(type, [2, 3, 4], ...a), numbers(type, [3], ...b)],
    outputs: [{ type: bool ? "bool" : type, shape: [2, 3, 4] }],
    expected: [bool ? Uint8Array.from(values) : Float32Array.from(values)],
  };
};

const variadic = (operator: string): NodeCase => ({
  name: "three inputs with broadcasting",
  ...{ operator, opset: 13, output: [2, 3, 4], int8: 3 },
  inputs: [
    [2, 3, 4],
    [3, 1],
    [1, 4],
  ],
});

const withNaN = (operator: string): NodeCase => ({
  name: "NaN wins",
  ...{ operator, opset: 13, output: [4] },
  inputs: [
    numbers("float32", [4], 1, Number.NaN, -2, Number.NaN),
    numbers("float32", [4], Number.NaN, 1, 3, Number.NaN),
  ],
  expected: [Float32Array.of(Number.NaN, Number.NaN, operator === "Min" ? -2 : 3, Number.NaN)],
});

export const cases: readonly NodeCase[] = [
  ...["Sin", "Cos", "Atan", "Sinh", "Cosh", "Asinh", "Erf"].map((operator) => on(operator, VALUES)),
  ...["Asin", "Acos"].map((operator) => on(operator, inside(-0.75, 0.75))),
  on("Tan", inside(-1, 1)),
  on("Atanh", inside(-0.75, 0.75)),
  on("Acosh", inside(1.5, 7)),
  on("Log", inside(0.5, 7)),
  { ...on("Log", [0, 1, Math.E]), name: "of 0", int8: undefined },
  on("Sqrt", inside(0, 7)),
  ...["Floor", "Ceil", "Round"].map((operator) => ({ ...on(operator, VALUES), int8: undefined })),
  activation("Elu", { alpha: 1.5 }),
  activation("Elu", {}, 6),
  activation("Selu"),
  activation("Selu", { alpha: 2, gamma: 0.5 }),
  activation("Celu", { alpha: 2 }),
  activation("Softplus"),
  activation("Softsign"),
  activation("ThresholdedRelu", { alpha: 0.55 }),
  activation("Shrink", { lambd: 1.25, bias: 0.5 }),
  activation("HardSigmoid", { alpha: 0.3, beta: 0.4 }),
  expected(activation("HardSwish", {}, 14), (x) => x * Math.max(0, Math.min(1, x / 6 + 0.5))),
  expected(activation("Gelu", {}, 20), gelu),
  expected(activation("Gelu", { approximate: "tanh" }, 20), geluTanh),
  expected(activation("Mish", {}, 18), mish),
  expected(activation("Swish", { alpha: 1.5 }, 24), (x) => x / (1 + Math.exp(-1.5 * x))),
  {
    name: "integers",
    ...{ operator: "Shrink", opset: 9, attributes: { lambd: 1.5, bias: 1.5 }, output: [6] },
    inputs: [numbers("int32", [6], ...bases)],
    outputs: [{ type: "int32", shape: [6] }],
    expected: [Int32Array.of(-1, 0, 0, 0, 0, 3)],
  },
  {
    name: "integers",
    ...{ operator: "Relu", opset: 14, output: [6] },
    inputs: [numbers("int32", [6], ...bases)],
    outputs: [{ type: "int32", shape: [6] }],
  },
  pow("reals", "float32", "float32", [3, -2, 5, 0.5, -1.5, 0]),
  pow("reals to one constant power", "float32", "float32", [], {
    inputs: [[6], floats(3)],
    output: [6],
    int8: 2,
  }),
  ...[-1, 0.5, 1, 2].map((exponent) =>
    pow(`to the power of ${exponent}`, "float32", "float32", [], {
      inputs: [numbers("float32", [6], 0.5, 0.25, 1, 2, 5, 7), floats(exponent)],
    }),
  ),
  pow("real to integers", "float32", "int64", [3, -2, 5, 0, -1, 2]),
  pow("integers", "int32", "int32", [3, 2, 5, 0, 1, 13], { outputs: [{ type: "int32", shape: [6] }] }),
  pow("integer to wider integers", "int32", "int64", [3, 2, 5, 0, 1, 13]),
  pow("negative exponents", "int64", "int64", [-3, -2, -5, -1, -1, 0], {
    expected: [BigInt64Array.of(0n, 0n, -1n, 1n, 0n, 1n)],
  }),
  pow("integers to real powers", "int32", "float32", [3, 2, 5, 0.5, 1.5, 4]),
  {
    name: "fmod of reals",
    ...{ operator: "Mod", opset: 13, attributes: { fmod: 1 }, output: [4] },
    inputs: [numbers("float32", [4], -4.3, 7.2, 5, -8.25), numbers("float32", [4], 2.1, -3.4, 8, 1.5)],
  },
  ...["Sum", "Mean", "Min", "Max"].map(variadic),
  ...["Min", "Max"].map(withNaN),
  ...["Min", "Max"].map((operator) => ({
    name: "with a constant",
    ...{ operator, opset: 13, output: [2, 5], int8: 2 },
    inputs: [floats(0.25), [2, 5]] as OneNode["inputs"],
  })),
  {
    name: "by a constant and of a constant",
    ...{ operator: "Div", opset: 13, output: [3, 4], int8: 2 },
    inputs: [[3, 4], floats(-1.5)],
  },
  ...["ReduceL2", "ReduceLogSum", "ReduceLogSumExp"].map((operator) => ({
    name: "along the last axis",
    ...{ operator, opset: 13, attributes: { axes: [-1], keepdims: 0 }, output: [3] },
    inputs: [numbers("float32", [3, 2], 1, 2, 3, 4, 0.5, 5)],
  })),
  { name: "one slope", operator: "PRelu", opset: 16, inputs: [[2, 3], floats(0.3)], output: [2, 3], int8: 2 },
  {
    name: "integers",
    ...{ operator: "PRelu", opset: 16, output: [6] },
    inputs: [numbers("int32", [6], ...bases), numbers("int32", [1], 3)],
    outputs: [{ type: "int32", shape: [6] }],
    expected: [Int32Array.of(-9, -6, -3, 1, 2, 5)],
  },
  {
    name: "opset 6, slope per channel",
    ...{ operator: "PRelu", opset: 6, output: [1, 2, 3] },
    inputs: [numbers("float32", [1, 2, 3], -1, 2, -3, -4, 5, -6), tensor("float32", [2], [0.5, 2])],
    expected: [Float32Array.of(-0.5, 2, -1.5, -8, 5, -12)],
  },
  ...["Add", "Sub", "Mul", "Div", "Pow"].map((operator) => legacy(operator, "float32")),
  ...["And", "Or", "Xor"].map((operator) => legacy(operator, "bool", true)),
  ...["Less", "Greater"].map((operator) => legacy(operator, "float32", true)),
  legacy("Equal", "int32", true),
  { ...activation("Relu"), name: "in int8", inputs: [[3, 5]], output: [3, 5] },
  {
    name: "constant slope per channel",
    operator: "PRelu",
    inputs: [[2, 3, 4], constant([3, 1], 8)],
    output: [2, 3, 4],
  },
];
