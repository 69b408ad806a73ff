/** NumPy broadcasting (ONNX "Multidirectional Broadcasting"). */
import { UserError } from "../errors.js";
import type { Node, Shape } from "../graph/ir.js";
import { strides } from "../graph/ir.js";

export function broadcastShape(node: Node, a: Shape, b: Shape): number[] {
  const rank = Math.max(a.length, b.length);
  const result = new Array<number>(rank);
  for (let i = 0; i < rank; i++) {
    const x = a[i - rank + a.length] ?? 1;
    const y = b[i - rank + b.length] ?? 1;
    if (x !== y && x !== 1 && y !== 1) {
      throw new UserError(
        "E_SHAPE",
        `${node.operator} node "${node.name}": shapes [${a}] and [${b}] cannot be broadcast together`,
        node.name,
      );
    }
    result[i] = x === 1 ? y : x;
  }
  return result;
}

/** Element strides of a tensor of `shape` seen as `target`; 0 along broadcast axes. */
export function broadcastStrides(shape: Shape, target: Shape): number[] {
  const own = strides(shape);
  return target.map((_, i) => {
    const axis = i - target.length + shape.length;
    return axis < 0 || shape[axis] === 1 ? 0 : own[axis];
  });
}

/** Number of axes that the broadcasting kernels loop over. */
export const LOOP_AXES = 6;

export interface BroadcastLoop {
  readonly shape: number[];
  readonly a_stride: number[];
  readonly b_stride: number[];
}

/**
 * The fewest loops that walk two operands in the order of the result, filled up in front to LOOP_AXES. Gives undefined
 * when more loops are needed.
 */
export function broadcastLoop(shape: Shape, a: Shape, b: Shape): BroadcastLoop | undefined {
  const loops: { size: number; a: number; b: number }[] = [];
  const strideA = broadcastStrides(a, shape);
  const strideB = broadcastStrides(b, shape);
  for (let i = 0; i < shape.length; i++) {
    const outer = loops.at(-1);
    if (shape[i] === 1) continue;
    if (outer && outer.a === strideA[i] * shape[i] && outer.b === strideB[i] * shape[i]) {
      loops[loops.length - 1] = { size: outer.size * shape[i], a: strideA[i], b: strideB[i] };
    } else {
      loops.push({ size: shape[i], a: strideA[i], b: strideB[i] });
    }
  }
  if (loops.length > LOOP_AXES) return undefined;
  while (loops.length < LOOP_AXES) loops.unshift({ size: 1, a: 0, b: 0 });
  return {
    shape: loops.map((l) => l.size),
    a_stride: loops.map((l) => l.a),
    b_stride: loops.map((l) => l.b),
  };
}
