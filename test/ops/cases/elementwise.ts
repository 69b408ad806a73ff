/** Elementwise operators on reals, integers and bools. */
import type { ElementType, Shape } from "../../../src/graph/ir.js";
import { elementCount } from "../../../src/graph/ir.js";
import { feed, tensor } from "../../onnxruntime.js";
import type { NodeCase } from "../node_case.js";

const pattern = (type: ElementType, shape: Shape, start: number, step: number) =>
  feed(
    tensor(
      type,
      shape,
      Array.from({ length: elementCount(shape) }, (_, i) => start + ((i * step) % 13)),
    ),
  );

const binary = (operator: string, type: ElementType, opset = 18, result: ElementType = type): NodeCase => ({
  name: `${type} with broadcasting`,
  operator,
  opset,
  inputs: [pattern(type, [2, 3, 4], type.startsWith("u") ? 0 : -6, 5), pattern(type, [3, 1], 1, 3)],
  output: [2, 3, 4],
  outputs: [{ type: result, shape: [2, 3, 4] }],
});

const bools = (operator: string, inputs: number): NodeCase => ({
  name: "bool",
  operator,
  inputs: [feed(tensor("bool", [4], [0, 0, 1, 1])), feed(tensor("bool", [4], [0, 1, 0, 1]))].slice(0, inputs),
  output: [4],
  outputs: [{ type: "bool", shape: [4] }],
});

const unary = (operator: string, type: ElementType, opset = 18, result: ElementType = type): NodeCase => ({
  name: type,
  operator,
  opset,
  inputs: [pattern(type, [3, 5], type.startsWith("u") ? 0 : -6, 5)],
  output: [3, 5],
  outputs: [{ type: result, shape: [3, 5] }],
});

const special = feed(tensor("float32", [4], [1, Number.NaN, Infinity, -Infinity]));

export const cases: readonly NodeCase[] = [
  ...["Add", "Sub", "Mul", "Div"].flatMap((operator) => [binary(operator, "int32"), binary(operator, "int64")]),
  ...["Min", "Max", "Mod"].flatMap((operator) => [binary(operator, "int32"), binary(operator, "int64")]),
  { ...binary("Mod", "int32"), name: "fmod of int32", attributes: { fmod: 1 } },
  ...["Less", "LessOrEqual", "Greater", "GreaterOrEqual", "Equal"].flatMap((operator) => [
    binary(operator, "float32", 18, "bool"),
    binary(operator, "int32", 18, "bool"),
  ]),
  ...["BitwiseAnd", "BitwiseOr", "BitwiseXor"].map((operator) => binary(operator, "int32")),
  ...["LEFT", "RIGHT"].map((direction) => ({
    ...binary("BitShift", "uint32"),
    name: direction,
    attributes: { direction },
  })),
  ...["And", "Or", "Xor"].map((operator) => bools(operator, 2)),
  bools("Not", 1),
  unary("BitwiseNot", "int32"),
  ...["Abs", "Neg", "Sign"].flatMap((operator) => [
    unary(operator, "int32"),
    { ...unary(operator, "float32"), int8: 2 },
  ]),
  { ...unary("Exp", "float32"), name: "int8 too", inputs: [[3, 5]], output: [3, 5], outputs: undefined, int8: 2 },
  { name: "away from 0", operator: "Reciprocal", inputs: [feed(tensor("float32", [3], [0.5, 2, -4]))], output: [3] },
  {
    name: "slope per channel",
    operator: "PRelu",
    opset: 16,
    inputs: [[2, 3, 4], tensor("float32", [3, 1], [0.1, -0.2, 2])],
    output: [2, 3, 4],
  },
  {
    name: "NaN and infinities",
    operator: "IsNaN",
    inputs: [special],
    output: [4],
    outputs: [{ type: "bool", shape: [4] }],
  },
  {
    name: "NaN and infinities",
    operator: "IsInf",
    inputs: [special],
    output: [4],
    outputs: [{ type: "bool", shape: [4] }],
  },
  {
    name: "positive only",
    operator: "IsInf",
    attributes: { detect_negative: 0 },
    inputs: [special],
    output: [4],
    outputs: [{ type: "bool", shape: [4] }],
  },
  { ...unary("Cast", "float32", 18, "int32"), attributes: { to: 6 } },
  { ...unary("Cast", "int64", 18, "float32"), attributes: { to: 1 } },
  { ...unary("Cast", "int32", 18, "bool"), attributes: { to: 9 } },
  {
    name: "to the type of the second",
    operator: "CastLike",
    opset: 18,
    inputs: [feed(tensor("int32", [3], [1, -2, 3])), tensor("float32", [1], [0])],
    output: [3],
    outputs: [{ type: "float32", shape: [3] }],
  },
];
