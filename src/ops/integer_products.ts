/**
 * DynamicQuantizeLinear, MatMulInteger and ConvInteger: products of 8-bit integers, summed in int32. A convolution runs
 * on the float32 kernels, whose sums of integers below 2^24 are exact; where a sum may be larger the weights are taken
 * apart into two digits of base 16.
 */
import { UserError } from "../errors.js";
import type { GraphBuilder } from "../graph/builder.js";
import type { Node, Tensor } from "../graph/ir.js";
import { elementCount } from "../graph/ir.js";
import { dataTypeNumber } from "../onnx/element_types.js";
import type { Operator } from "./operator.js";
import { requireConstant } from "./reshape.js";
import { type Rewriter, refuseShape, rewriter } from "./rewrite.js";

const EXACT = 2 ** 24;
const FLOAT = dataTypeNumber("float32");
const INT32 = dataTypeNumber("int32");

function refuseWide(node: Node, x: Tensor): void {
  if (x.type === "int8" || x.type === "uint8") return;
  throw new UserError("E_TYPE", `${node.operator} node "${node.name}" does not take ${x.type} values`, node.name);
}

/** x - zero_point as float32, with the largest magnitude that it can have. */
function centred(to: Rewriter, node: Node, x: Tensor, zeroPoint: Tensor | undefined, shape: readonly number[]) {
  refuseWide(node, x);
  const real = to.onnx("Cast", [x.name], { to: FLOAT });
  if (!zeroPoint) return { value: real, largest: x.type === "int8" ? 128 : 255 };
  if (zeroPoint.type !== x.type) refuseShape(node, `the zero point of ${x.type} values is ${zeroPoint.type}`);
  const shifted = to.reshape(to.onnx("Cast", [zeroPoint.name], { to: FLOAT }), shape);
  return { value: to.onnx("Sub", [real, shifted]), largest: 255 };
}

/**
 * The int32 sums that `multiply` gives as float32 for a second factor.
 * @param factor at most `largest` in magnitude; the first factors of one sum have magnitudes of `sum` together
 */
function exactly(
  node: Node,
  to: Rewriter,
  factor: { readonly value: string; readonly largest: number },
  sum: number,
  multiply: (factor: string) => string,
): void {
  const [output] = node.outputs;
  if (sum * factor.largest <= EXACT) {
    to.onnx("Cast", [multiply(factor.value)], { to: INT32 }, output);
    return;
  }
  if (sum * 16 > EXACT) {
    throw new UserError(
      "E_OPERATOR_UNSUPPORTED",
      `${node.operator} node "${node.name}" adds ${Math.ceil(sum / 255)} products, more than are exact in float32; use a QLinear operator or QDQ form`,
      node.name,
    );
  }
  // Cast truncates: high and low have the sign of the factor.
  const quotient = to.onnx("Mul", [factor.value, to.scalar(1 / 16)]);
  const high = to.onnx("Cast", [to.onnx("Cast", [quotient], { to: dataTypeNumber("int8") })], { to: FLOAT });
  const low = to.onnx("Sub", [factor.value, to.onnx("Mul", [high, to.scalar(16)])]);
  const [upper, lower] = [high, low].map((digit) => to.onnx("Cast", [multiply(digit)], { to: INT32 }));
  const scaled = to.onnx("Mul", [upper, to.constant("int32", [], [16])]);
  to.onnx("Add", [scaled, lower], {}, output);
}

/** A zero point per row (of A) or per column (of B), or one for all, in a shape that broadcasts. */
function zeroPointShape(zeroPoint: Tensor | undefined, rows: boolean): readonly number[] {
  const { shape = [] } = zeroPoint ?? {};
  if (elementCount(shape) === 1) return [];
  return rows && shape.length === 1 ? [shape[0], 1] : shape;
}

/** x - zero_point as int32. */
function shiftedInteger(to: Rewriter, x: Tensor, zeroPoint: Tensor | undefined, shape: readonly number[]): string {
  const wide = to.onnx("Cast", [x.name], { to: INT32 });
  if (!zeroPoint) return wide;
  return to.onnx("Sub", [wide, to.reshape(to.onnx("Cast", [zeroPoint.name], { to: INT32 }), shape)]);
}

/** ONNX MatMulInteger-10. */
export const MatMulInteger: Operator = {
  name: "MatMulInteger",
  inputs: [2, 4],
  normalise(node, build) {
    const to = rewriter(node, build);
    const [a, b, aZero, bZero] = [0, 1, 2, 3].map((i) => build.optional(node, i));
    for (const x of [a!, b!]) refuseWide(node, x);
    const left = shiftedInteger(to, a!, aZero, zeroPointShape(aZero, true));
    const right = shiftedInteger(to, b!, bZero, zeroPointShape(bZero, false));
    to.onnx("MatMul", [left, right], {}, node.outputs[0]);
  },
};

/** ONNX ConvInteger-10. */
export const ConvInteger: Operator = {
  name: "ConvInteger",
  inputs: [2, 4],
  notes: "constant weights; up to 4112 products in a sum",
  normalise(node, build) {
    const to = rewriter(node, build);
    const [x, w, xZero, wZero] = [0, 1, 2, 3].map((i) => build.optional(node, i));
    requireConstant(node, w!, "the weights tensor");
    if (wZero) requireConstant(node, wZero, "the zero point of the weights");
    const perChannel = wZero && elementCount(wZero.shape) !== 1;
    const ones = w!.shape.slice(1).map(() => 1);
    const image = centred(to, node, x!, xZero, []);
    const weights = centred(to, node, w!, wZero, perChannel ? [elementCount(wZero.shape), ...ones] : []);
    const sum = elementCount(w!.shape.slice(1)) * image.largest;
    exactly(node, to, weights, sum, (factor) => to.onnx("Conv", [image.value, factor], node.attributes));
  },
};

function dynamicQuantize(node: Node, build: GraphBuilder): void {
  const to = rewriter(node, build);
  const [x] = node.inputs;
  const [y, scaleName, zeroName] = node.outputs.map((name) => name || undefined);
  const zero = to.scalar(0);
  const least = to.onnx("Min", [to.onnx("ReduceMin", [x], { keepdims: 0 }), zero]);
  const most = to.onnx("Max", [to.onnx("ReduceMax", [x], { keepdims: 0 }), zero]);
  const range = to.onnx("Sub", [most, least]);
  // A tensor of zeros has the range 1.
  const empty = to.onnx("Cast", [to.onnx("Equal", [range, zero])], { to: FLOAT });
  const scale = to.onnx("Div", [to.onnx("Add", [range, empty]), to.scalar(255)], {}, scaleName);
  const exact = to.onnx("Sub", [zero, to.onnx("Div", [least, scale])]);
  // Cast saturates to [0, 255].
  const zeroPoint = to.onnx("Cast", [to.onnx("Round", [exact])], { to: dataTypeNumber("uint8") }, zeroName);
  to.onnx("QuantizeLinear", [x, scale, zeroPoint], {}, y);
}

/** ONNX DynamicQuantizeLinear-11. */
export const DynamicQuantizeLinear: Operator = {
  name: "DynamicQuantizeLinear",
  outputs: 3,
  normalise: dynamicQuantize,
};
