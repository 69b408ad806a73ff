import { UserError } from "../errors.js";
import { elementCount, type Node, type Shape } from "../graph/ir.js";
import { elementOf } from "../kernels/families/elements.js";
import { matmulKernelName } from "../kernels/families/matmul.js";
import type { Lowering } from "../lower/lowering.js";
import { fixedPoint, MAX_MULTIPLIER } from "../numerics/requantize.js";
import { broadcastLoop, broadcastShape, LOOP_AXES } from "./broadcast.js";
import { requantizeAttribute } from "./channels.js";
import { clampFloat, clampInt8 } from "./clamp.js";
import { rowsAreOutputs } from "./Gemm.js";
import type { Operator } from "./operator.js";

const BATCH_AXES = 4;

/** Batch axes with the fewest loops: neighbours along which both operands go on alike become one. */
function batchLoops(node: Node, a: Shape, b: Shape) {
  const shape = broadcastShape(node, a, b);
  const loop = broadcastLoop(shape, a, b);
  const spare = LOOP_AXES - BATCH_AXES;
  if (loop?.shape.slice(0, spare).every((size) => size === 1)) {
    const last = (values: readonly number[]) => values.slice(spare);
    return { batch_shape: last(loop.shape), a: last(loop.a_stride), b: last(loop.b_stride) };
  }
  throw new UserError(
    "E_OPERATOR_UNSUPPORTED",
    `MatMul node "${node.name}" broadcasts over more than ${BATCH_AXES} separate batch axes`,
    node.name,
  );
}

function geometry(node: Node, lowering: Lowering) {
  const a = lowering.tensor(node.inputs[0]).shape;
  const b = lowering.tensor(node.inputs[1]).shape;
  const { batch_shape, ...stride } = batchLoops(node, a.slice(0, -2), b.slice(0, -2));
  const [rows, inner] = a.slice(-2);
  const cols = b[b.length - 1];
  return {
    macs: elementCount(batch_shape) * rows * inner * cols,
    params: {
      batch_shape,
      a_batch_stride: stride.a.map((s) => s * rows * inner),
      b_batch_stride: stride.b.map((s) => s * inner * cols),
      ...{ rows, inner, cols },
    },
  };
}

/** ONNX MatMul-1, -9, -13. A constant matrix on the right becomes Gemm. */
export const MatMul: Operator = {
  name: "MatMul",
  inputs: [2, 2],
  notes: "any rank, reals and integers; batch axes broadcast",
  quantize: "free",
  fusesClamp: true,

  infer(node, [a, b]) {
    const left = a!.shape;
    const right = b!.shape;
    if (left.length < 2 || right.length < 2 || left[left.length - 1] !== right[right.length - 2]) {
      throw new UserError(
        "E_SHAPE",
        `MatMul node "${node.name}": shapes [${left}] and [${right}] cannot be multiplied`,
        node.name,
      );
    }
    if (a!.type !== b!.type || !matmulKernelName(elementOf(a!.type))) {
      throw new UserError(
        "E_TYPE",
        `MatMul node "${node.name}": ${a!.type} and ${b!.type} values cannot be multiplied`,
        node.name,
      );
    }
    const batch = broadcastShape(node, left.slice(0, -2), right.slice(0, -2));
    return [{ type: a!.type, shape: [...batch, left[left.length - 2], right[right.length - 1]] }];
  },

  normalise(node, build) {
    const a = build.resolve(node.inputs[0]);
    const b = build.resolve(node.inputs[1]);
    const left = a.shape.length === 1 ? [1, a.shape[0]] : a.shape;
    const right = b.shape.length === 1 ? [b.shape[0], 1] : b.shape;
    const result = [
      ...broadcastShape(node, left.slice(0, -2), right.slice(0, -2)),
      ...(a.shape.length === 1 ? [] : [left[left.length - 2]]),
      ...(b.shape.length === 1 ? [] : [right[right.length - 1]]),
    ];
    const reshaped = (x: string, shape: readonly number[]) =>
      build.add(node, "Reshape", [x], { shape }, undefined, build.resolve(x).quantization);
    let product: string;
    if (b.data && a.type === "float32" && right.length === 2 && left[left.length - 1] === right[0]) {
      const rows = left.slice(0, -1).reduce((x, y) => x * y, 1);
      const x = a.shape.length === 2 ? a.name : reshaped(a.name, [rows, right[0]]);
      const matrix = b.shape.length === 2 ? b.name : reshapedConstant();
      const weights = rowsAreOutputs(build, build.resolve(matrix), false);
      const done = result.length === 2 && result[0] === rows;
      product = build.add(node, "Gemm", [x, weights], requantizeAttribute(node), done ? node.outputs[0] : undefined);
      if (done) return;
    } else {
      const x = a.shape.length === 1 ? reshaped(a.name, left) : a.name;
      const y = b.shape.length === 1 ? reshaped(b.name, right) : b.name;
      const done = a.shape.length > 1 && b.shape.length > 1;
      product = build.add(node, "MatMul", [x, y], {}, done ? node.outputs[0] : undefined);
      if (done) return;
    }
    build.add(node, "Reshape", [product], { shape: result }, node.outputs[0]);

    function reshapedConstant(): string {
      return build.addConstant(build.uniqueName(`${b.name}_matrix`), b.type, right, b.data!, b.quantization);
    }
  },

  lowerInt8(node, lowering) {
    const [a, b] = node.inputs.map((name) => lowering.quantization(name));
    const output = lowering.quantization(node.outputs[0]);
    if (!a || !b || !output) return false;
    const { params, macs } = geometry(node, lowering);
    const bound = params.inner * 255 * 255;
    const multiplier = (a.scale * b.scale) / output.scale;
    if (bound >= 2 ** 31 || multiplier >= MAX_MULTIPLIER) return false;
    lowering.step(
      node,
      "nn_matmul_s8",
      {
        inputs: [lowering.s8(node.inputs[0]), lowering.s8(node.inputs[1])],
        outputs: [lowering.define(node.outputs[0], "s8")],
      },
      {
        ...params,
        a_zero_point: a.zeroPoint,
        b_zero_point: b.zeroPoint,
        ...fixedPoint(multiplier, bound),
        ...clampInt8(node, output),
      },
      {},
      macs,
    );
    return true;
  },

  lowerPlain(node, lowering) {
    const { params, macs } = geometry(node, lowering);
    const { type } = lowering.tensor(node.inputs[0]);
    lowering.step(
      node,
      matmulKernelName(elementOf(type))!,
      {
        inputs: [lowering.plain(node.inputs[0]), lowering.plain(node.inputs[1])],
        outputs: [lowering.define(node.outputs[0], "plain")],
      },
      { ...params, ...(type === "float32" && clampFloat(node)) },
      {},
      macs,
    );
  },
};
