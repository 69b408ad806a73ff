/** The operator table: ai.onnx operators by name. A test checks it against docs and test files. */
import { UserError } from "../errors.js";
import type { Node } from "../graph/ir.js";
import { AveragePool } from "./AveragePool.js";
import { BatchNormalization } from "./BatchNormalization.js";
import { Add, Div, Mul, Sub } from "./binary.js";
import { Concat } from "./Concat.js";
import { Conv } from "./Conv.js";
import { ConvTranspose } from "./ConvTranspose.js";
import { Cast, Constant, ConstantOfShape, Gather, Shape, Slice } from "./constants.js";
import { Gemm } from "./Gemm.js";
import { GlobalAveragePool, GlobalMaxPool } from "./global_pool.js";
import { MatMul } from "./MatMul.js";
import { MaxPool } from "./MaxPool.js";
import type { Operator } from "./operator.js";
import { Pad } from "./Pad.js";
import { Dropout, Identity } from "./passthrough.js";
import { DequantizeLinear, QuantizeLinear } from "./quantize_linear.js";
import { ReduceMean } from "./ReduceMean.js";
import { Resize, Upsample } from "./Resize.js";
import { Flatten, Reshape, Squeeze, Unsqueeze } from "./reshape.js";
import { Softmax } from "./Softmax.js";
import { Transpose } from "./Transpose.js";
import { Clip, HardSigmoid, HardSwish, LeakyRelu, Relu, Sigmoid, Tanh } from "./unary.js";

const table: readonly Operator[] = [
  Add,
  AveragePool,
  BatchNormalization,
  Cast,
  Clip,
  Concat,
  Constant,
  ConstantOfShape,
  Conv,
  ConvTranspose,
  DequantizeLinear,
  Div,
  Dropout,
  Flatten,
  Gather,
  Gemm,
  GlobalAveragePool,
  GlobalMaxPool,
  HardSigmoid,
  HardSwish,
  Identity,
  LeakyRelu,
  MatMul,
  MaxPool,
  Mul,
  Pad,
  QuantizeLinear,
  ReduceMean,
  Relu,
  Reshape,
  Resize,
  Shape,
  Sigmoid,
  Slice,
  Softmax,
  Squeeze,
  Sub,
  Tanh,
  Transpose,
  Unsqueeze,
  Upsample,
];

export const operators: ReadonlyMap<string, Operator> = new Map(table.map((operator) => [operator.name, operator]));

/** The record of a node's operator, or undefined when it is not supported. */
export function findOperator(node: Node): Operator | undefined {
  return node.domain === "" || node.domain === "ai.onnx" ? operators.get(node.operator) : undefined;
}

/** Throws E_OPERATOR_UNSUPPORTED. */
export function operatorOf(node: Node): Operator {
  const operator = findOperator(node);
  if (!operator) {
    const domain = node.domain === "" ? "" : ` of domain ${node.domain}`;
    throw new UserError(
      "E_OPERATOR_UNSUPPORTED",
      `operator ${node.operator}${domain} (node "${node.name}") is not supported; \`onnx2mcu supported-ops\` lists what is, re-export the model without it`,
      node.name,
    );
  }
  return operator;
}
