import { UserError } from "../errors.js";
import type { Node } from "../graph/ir.js";
import type { Lowering } from "../lower/lowering.js";
import { fixedPoint, MAX_MULTIPLIER } from "../numerics/requantize.js";
import { broadcastShape, broadcastStrides } from "./broadcast.js";
import { clampFloat, clampInt8 } from "./clamp.js";
import { rowsAreOutputs } from "./Gemm.js";
import type { Operator } from "./operator.js";

const BATCH_AXES = 4;

function geometry(node: Node, lowering: Lowering) {
  const a = lowering.tensor(node.inputs[0]).shape;
  const b = lowering.tensor(node.inputs[1]).shape;
  const batch = broadcastShape(node, a.slice(0, -2), b.slice(0, -2));
  if (batch.length > BATCH_AXES) {
    throw new UserError(
      "E_OPERATOR_UNSUPPORTED",
      `MatMul node "${node.name}" has ${batch.length} batch axes; up to ${BATCH_AXES} are supported`,
      node.name,
    );
  }
  const [rows, inner] = a.slice(-2);
  const cols = b[b.length - 1];
  const pad = (values: readonly number[], fill: number) => [
    ...new Array<number>(BATCH_AXES - values.length).fill(fill),
    ...values,
  ];
  return {
    macs: batch.reduce((x, y) => x * y, 1) * rows * inner * cols,
    params: {
      batch_shape: pad(batch, 1),
      a_batch_stride: pad(
        broadcastStrides(a.slice(0, -2), batch).map((s) => s * rows * inner),
        0,
      ),
      b_batch_stride: pad(
        broadcastStrides(b.slice(0, -2), batch).map((s) => s * inner * cols),
        0,
      ),
      rows,
      inner,
      cols,
    },
  };
}

/** ONNX MatMul-1, -9, -13. A constant matrix on the right becomes Gemm. */
export const MatMul: Operator = {
  name: "MatMul",
  inputs: [2, 2],
  notes: "constant matrix on the right, or two computed operands with broadcast batch axes",
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
    if (b.data && right.length === 2 && left[left.length - 1] === right[0]) {
      const rows = left.slice(0, -1).reduce((x, y) => x * y, 1);
      const x = a.shape.length === 2 ? a.name : reshaped(a.name, [rows, right[0]]);
      const matrix = b.shape.length === 2 ? b.name : reshapedConstant();
      const weights = rowsAreOutputs(build, build.resolve(matrix), false);
      const done = result.length === 2 && result[0] === rows;
      product = build.add(node, "Gemm", [x, weights], {}, done ? node.outputs[0] : undefined);
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

  lowerFloat32(node, lowering) {
    const { params, macs } = geometry(node, lowering);
    lowering.step(
      node,
      "nn_matmul_f32",
      {
        inputs: [lowering.f32(node.inputs[0]), lowering.f32(node.inputs[1])],
        outputs: [lowering.define(node.outputs[0], "f32")],
      },
      { ...params, ...clampFloat(node) },
      {},
      macs,
    );
  },
};
