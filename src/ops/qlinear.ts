/**
 * Operators on quantised tensors (QOperator models): each is its float operator between DequantizeLinear and
 * QuantizeLinear, which the pass absorb-quantization turns into records. So they share kernels, fusion and planning with
 * every other int8 model.
 */
import { UserError } from "../errors.js";
import { floatAttribute, intAttribute, intsAttribute, normaliseAxis } from "../graph/attributes.js";
import type { GraphBuilder } from "../graph/builder.js";
import type { Attributes, Node, Tensor } from "../graph/ir.js";
import { elementCount, toNumbers } from "../graph/ir.js";
import { dataTypeNumber } from "../onnx/element_types.js";
import type { Operator } from "./operator.js";
import { requireConstant } from "./reshape.js";
import { type Rewriter, refuseShape, rewriter } from "./rewrite.js";

const MICROSOFT = "com.microsoft";

/** Marks a layer whose results shall equal onnxruntime's: see src/numerics/agreement.ts. */
const AS_ONNXRUNTIME: Attributes = { requantize: "onnxruntime" };

interface Quantised extends Rewriter {
  readonly node: Node;
  readonly build: GraphBuilder;
  input(index: number): Tensor;
  /** The real values of inputs index (integers), index + 1 (scale) and index + 2 (zero point). */
  real(index: number, axis?: number): string;
  /** Stores a real value as the output, with the scale and zero point that inputs index and index + 1 hold. */
  store(value: string, index: number, axis?: number): void;
}

function quantised(node: Node, build: GraphBuilder): Quantised {
  const rewrite = rewriter(node, build);
  const [output] = node.outputs;
  const axisOf = (axis: number | undefined): Attributes => (axis === undefined ? {} : { axis });
  return {
    ...rewrite,
    node,
    build,
    input: (index) => build.resolve(node.inputs[index]),
    real(index, axis) {
      const [x, scale, zeroPoint = ""] = node.inputs.slice(index, index + 3);
      return rewrite.onnx("DequantizeLinear", [x, scale, zeroPoint], axisOf(axis));
    },
    store(value, index, axis) {
      const [scale, zeroPoint = ""] = node.inputs.slice(index, index + 2);
      // Without a zero point the integers have the type of the first input.
      const type: Attributes =
        zeroPoint === "" ? { output_dtype: dataTypeNumber(build.resolve(node.inputs[0]).type) } : {};
      rewrite.onnx("QuantizeLinear", [value, scale, zeroPoint], { ...axisOf(axis), ...type }, output);
    },
  };
}

function operator(
  name: string,
  inputs: readonly [number, number],
  rewrite: (q: Quantised) => void,
  domain?: string,
): Operator {
  return {
    ...{ name, inputs },
    ...(domain && { domain }),
    notes: "as its float operator",
    normalise: (node, build) => rewrite(quantised(node, build)),
  };
}

/** Without what the quantised form adds to the attributes of the float operator. */
function without(attributes: Attributes, ...names: string[]): Attributes {
  return Object.fromEntries(Object.entries(attributes).filter(([name]) => !names.includes(name)));
}

/** A bias of int32 at scale factor * x_scale * w_scale[channel]. */
function bias(q: Quantised, index: number, xScale: Tensor, wScale: Tensor, factor = 1): string {
  const stored = q.input(index);
  requireConstant(q.node, stored, "the bias");
  requireConstant(q.node, xScale, "the input scale");
  requireConstant(q.node, wScale, "the scale of the weights");
  if (stored.type !== "int32") {
    throw new UserError("E_TYPE", `${q.node.operator} node "${q.node.name}": the bias is ${stored.type}`, q.node.name);
  }
  const channels = elementCount(stored.shape);
  const scales = toNumbers(wScale.data!).map((w) =>
    Math.max(2 ** -126, Math.fround(factor * Math.fround(Number(xScale.data![0]) * w))),
  );
  const perChannel = scales.length > 1 && scales.length === channels;
  if (scales.length > 1 && !perChannel) refuseShape(q.node, `${channels} biases for ${scales.length} scales`);
  const name = q.build.uniqueName(`${stored.name}_bias`);
  return q.build.addConstant(name, "float32", [channels], stored.data!, {
    type: "int32",
    scale: scales,
    zeroPoint: scales.map(() => 0),
    ...(perChannel && { axis: 0 }),
  });
}

/** An image operator whose tensors may be N,spatial...,C (attribute channels_last of com.microsoft). */
function onImage(q: Quantised, x: string, run: (x: string) => string): string {
  if (intAttribute(q.node, "channels_last", 0) === 0) return run(x);
  const rank = q.shape(x).length;
  const axes = Array.from({ length: rank }, (_, i) => i);
  const first = [0, rank - 1, ...axes.slice(1, -1)];
  const last = [0, ...axes.slice(2), 1];
  return q.transpose(run(q.transpose(x, first)), last);
}

/** ONNX QLinearConv-10. */
export const QLinearConv = operator("QLinearConv", [8, 9], (q) => {
  const weights = requireConstant(q.node, q.input(3), "the weights tensor");
  requireConstant(q.node, q.input(4), "the scale of the weights");
  if (q.node.inputs[5]) requireConstant(q.node, q.input(5), "the zero point of the weights");
  const w = q.real(3, weights.shape.length > 0 ? 0 : undefined);
  const b = q.node.inputs[8] ? [bias(q, 8, q.input(1), q.input(4))] : [];
  const attributes = { ...without(q.node.attributes, "channels_last"), ...AS_ONNXRUNTIME };
  q.store(
    onImage(q, q.real(0), (x) => q.onnx("Conv", [x, w, ...b], attributes)),
    6,
  );
});

/** Axis of a matrix product's operand that its scales run along: rows of A and Y, columns of B. */
const rows = ({ shape }: Tensor) => Math.max(0, shape.length - 2);

/** ONNX QLinearMatMul-10, -21. */
export const QLinearMatMul = operator("QLinearMatMul", [8, 8], (q) => {
  const [a, b] = [q.input(0), q.input(3)];
  const product = q.onnx("MatMul", [q.real(0, rows(a)), q.real(3, Math.max(0, b.shape.length - 1))], AS_ONNXRUNTIME);
  q.store(product, 6, Math.max(0, q.shape(product).length - 2));
});

/** com.microsoft QGemm-1: without a scale for it the output is float32. */
export const QGemm = operator(
  "QGemm",
  [6, 9],
  (q) => {
    const { node } = q;
    const transB = intAttribute(node, "transB", 0) !== 0;
    const alpha = floatAttribute(node, "alpha", 1);
    const attributes = { alpha, transA: intAttribute(node, "transA", 0), transB: transB ? 1 : 0, ...AS_ONNXRUNTIME };
    const c = node.inputs[6] ? [bias(q, 6, q.input(1), q.input(4), alpha)] : [];
    const inputs = [q.real(0), q.real(3, transB ? 0 : 1), ...c];
    if (node.inputs[7]) q.store(q.onnx("Gemm", inputs, attributes), 7);
    else q.onnx("Gemm", inputs, attributes, node.outputs[0]);
  },
  MICROSOFT,
);

const binary = (name: string, float: string) =>
  operator(name, [7, 8], (q) => q.store(q.onnx(float, [q.real(0), q.real(3)]), 6), MICROSOFT);

export const QLinearAdd = binary("QLinearAdd", "Add");
export const QLinearMul = binary("QLinearMul", "Mul");

/** One tensor in, one out: inputs x, its scale and zero point, the output's scale and zero point. */
const unary = (name: string, rewrite: (q: Quantised, x: string) => string) =>
  operator(name, [4, 5], (q) => q.store(rewrite(q, q.real(0)), 3), MICROSOFT);

export const QLinearSigmoid = unary("QLinearSigmoid", (q, x) => q.onnx("Sigmoid", [x]));

export const QLinearLeakyRelu = unary("QLinearLeakyRelu", (q, x) =>
  q.onnx("LeakyRelu", [x], { alpha: floatAttribute(q.node, "alpha", 0.01) }),
);

export const QLinearAveragePool = unary("QLinearAveragePool", (q, x) =>
  onImage(q, x, (image) => q.onnx("AveragePool", [image], without(q.node.attributes, "channels_last"))),
);

export const QLinearGlobalAveragePool = unary("QLinearGlobalAveragePool", (q, x) =>
  onImage(q, x, (image) => q.onnx("GlobalAveragePool", [image])),
);

export const QLinearReduceMean = unary("QLinearReduceMean", (q, x) => {
  const axes = intsAttribute(q.node, "axes") ?? [];
  return q.onnx("ReduceMean", [x], { axes, keepdims: intAttribute(q.node, "keepdims", 1) });
});

/** Its attribute opset says which of ONNX's definitions it has: before 13 it ran over all axes from `axis` on. */
export const QLinearSoftmax = unary("QLinearSoftmax", (q, x) => {
  const shape = q.shape(x);
  const old = intAttribute(q.node, "opset", 13) < 13;
  const axis = normaliseAxis(q.node, intAttribute(q.node, "axis", old ? 1 : -1), shape.length);
  const flat = old ? [elementCount(shape.slice(0, axis)), elementCount(shape.slice(axis))] : shape;
  const along = old ? 1 : axis;
  return q.reshape(q.build.add(q.node, "Softmax", [q.reshape(x, flat)], { axis: along }), shape);
});

/** com.microsoft QLinearConcat-1: the output's scale and zero point come first, then the tensors. */
export const QLinearConcat = operator(
  "QLinearConcat",
  [5, Number.POSITIVE_INFINITY],
  (q) => {
    const count = (q.node.inputs.length - 2) / 3;
    if (!Number.isInteger(count)) refuseShape(q.node, `${q.node.inputs.length} inputs are no whole number of tensors`);
    const parts = Array.from({ length: count }, (_, i) => q.real(2 + 3 * i));
    q.store(q.onnx("Concat", parts, { axis: intAttribute(q.node, "axis", 0) }), 0);
  },
  MICROSOFT,
);
