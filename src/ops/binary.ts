/** Elementwise operators of two inputs with broadcasting: Add, Sub, Mul (ONNX -7, -13, -14) and Div in float32. */
import { UserError } from "../errors.js";
import type { Node, Tensor } from "../graph/ir.js";
import { elementCount, fromNumbers, toNumbers } from "../graph/ir.js";
import { BINARY_OPERATIONS } from "../kernels/nn_binary_f32.js";
import type { Lowering } from "../lower/lowering.js";
import { addMultipliers } from "../numerics/add.js";
import { fixedPoint, MAX_MULTIPLIER } from "../numerics/requantize.js";
import { type BroadcastLoop, broadcastLoop, broadcastShape, broadcastStrides } from "./broadcast.js";
import { clampFloat, clampInt8 } from "./clamp.js";
import type { Operator } from "./operator.js";

type Scalar = (a: number, b: number) => number;
type Quantized = { readonly scale: number; readonly zeroPoint: number };

function loopOf(node: Node, lowering: Lowering): BroadcastLoop {
  const [a, b] = node.inputs.map((name) => lowering.tensor(name).shape);
  const loop = broadcastLoop(lowering.tensor(node.outputs[0]).shape, a, b);
  if (!loop) {
    throw new UserError(
      "E_OPERATOR_UNSUPPORTED",
      `${node.operator} node "${node.name}" broadcasts over more than 6 separate axes`,
      node.name,
    );
  }
  return loop;
}

function foldBinary(scalar: Scalar, a: Tensor, b: Tensor, shape: readonly number[], type: Tensor["type"]) {
  const left = toNumbers(a.data!);
  const right = toNumbers(b.data!);
  const count = elementCount(shape);
  const stepA = broadcastStrides(a.shape, shape);
  const stepB = broadcastStrides(b.shape, shape);
  const values = new Float64Array(count);
  const round = type === "float32" ? Math.fround : Math.trunc;
  for (let i = 0; i < count; i++) {
    let rest = i;
    let x = 0;
    let y = 0;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      const index = rest % shape[axis];
      rest = (rest - index) / shape[axis];
      x += index * stepA[axis];
      y += index * stepB[axis];
    }
    values[i] = round(scalar(left[x], right[y]));
  }
  return [fromNumbers(type, values)];
}

function binary(
  name: string,
  operation: keyof typeof BINARY_OPERATIONS,
  scalar: Scalar,
  lowerInt8?: (
    a: Quantized,
    b: Quantized,
    out: Quantized,
  ) => { kernel: string; params: Record<string, number> } | undefined,
): Operator {
  return {
    name,
    inputs: [2, 2],
    quantize: "free",
    fusesClamp: true,
    ...(lowerInt8 ? {} : { notes: "int8 models compute it in float32" }),
    infer(node, [a, b]) {
      if (a!.type !== b!.type) {
        throw new UserError(
          "E_TYPE",
          `${name} node "${node.name}": element types ${a!.type} and ${b!.type} differ`,
          node.name,
        );
      }
      return [{ type: a!.type, shape: broadcastShape(node, a!.shape, b!.shape) }];
    },
    fold: (_node, [a, b], [out]) => foldBinary(scalar, a, b, out.shape, out.type),
    permute: (node) => node.attributes,
    lowerInt8(node, lowering) {
      const [a, b, out] = [...node.inputs, node.outputs[0]].map((value) => lowering.quantization(value));
      if (!a || !b || !out) return false;
      const form = lowerInt8?.(a, b, out);
      if (!form) return false;
      lowering.step(
        node,
        form.kernel,
        {
          inputs: [lowering.s8(node.inputs[0]), lowering.s8(node.inputs[1])],
          outputs: [lowering.define(node.outputs[0], "s8")],
        },
        {
          ...loopOf(node, lowering),
          a_zero_point: a.zeroPoint,
          b_zero_point: b.zeroPoint,
          ...form.params,
          ...clampInt8(node, out),
        },
      );
      return true;
    },
    lowerFloat32(node, lowering) {
      lowering.step(
        node,
        "nn_binary_f32",
        {
          inputs: [lowering.f32(node.inputs[0]), lowering.f32(node.inputs[1])],
          outputs: [lowering.define(node.outputs[0], "f32")],
        },
        { operation: BINARY_OPERATIONS[operation], ...loopOf(node, lowering), ...clampFloat(node) },
      );
    },
  };
}

function addForm(sign: 1 | -1) {
  return (a: Quantized, b: Quantized, out: Quantized) => {
    if (Math.max(a.scale, b.scale) / out.scale > 2 ** 16) return undefined;
    const { aMultiplier, bMultiplier, shift } = addMultipliers(a.scale, b.scale, out.scale);
    return { kernel: "nn_add_s8", params: { a_multiplier: aMultiplier, b_multiplier: sign * bMultiplier, shift } };
  };
}

export const Add = binary("Add", "add", (a, b) => a + b, addForm(1));
export const Sub = binary("Sub", "sub", (a, b) => a - b, addForm(-1));
export const Mul = binary(
  "Mul",
  "mul",
  (a, b) => a * b,
  (a, b, out) => {
    const multiplier = (a.scale * b.scale) / out.scale;
    return multiplier < MAX_MULTIPLIER
      ? { kernel: "nn_mul_s8", params: { ...fixedPoint(multiplier, 2 ** 16) } }
      : undefined;
  },
);
export const Div = binary("Div", "div", (a, b) => a / b);
