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

/** Loops over LOOP_AXES axes, and the strides of each operand along them. */
export interface Loops {
  readonly shape: number[];
  readonly strides: readonly number[][];
}

/**
 * The fewest loops that walk operands with these strides in row-major order of `shape`, filled up in front to LOOP_AXES.
 * Gives undefined when more loops are needed.
 */
export function mergeLoops(shape: Shape, ...operands: readonly (readonly number[])[]): Loops | undefined {
  const loops: { size: number; steps: number[] }[] = [];
  shape.forEach((size, axis) => {
    if (size === 1) return;
    const steps = operands.map((stride) => stride[axis]);
    const outer = loops.at(-1);
    if (outer?.steps.every((step, k) => step === steps[k] * size)) {
      loops[loops.length - 1] = { size: outer.size * size, steps };
    } else {
      loops.push({ size, steps });
    }
  });
  if (loops.length > LOOP_AXES) return undefined;
  while (loops.length < LOOP_AXES) loops.unshift({ size: 1, steps: operands.map(() => 0) });
  return { shape: loops.map(({ size }) => size), strides: operands.map((_, k) => loops.map(({ steps }) => steps[k])) };
}

/** mergeLoops. Throws E_OPERATOR_UNSUPPORTED where it gives undefined. */
export function requireLoops(node: Node, shape: Shape, ...operands: readonly (readonly number[])[]): Loops {
  const loops = mergeLoops(shape, ...operands);
  if (loops) return loops;
  throw new UserError(
    "E_OPERATOR_UNSUPPORTED",
    `${node.operator} node "${node.name}" works on more than ${LOOP_AXES} separate axes`,
    node.name,
  );
}

export interface BroadcastLoop {
  readonly shape: number[];
  readonly a_stride: number[];
  readonly b_stride: number[];
}

/** The fewest loops that walk two operands in the order of the result, or undefined when there are too many. */
export function broadcastLoop(shape: Shape, a: Shape, b: Shape): BroadcastLoop | undefined {
  const loops = mergeLoops(shape, broadcastStrides(a, shape), broadcastStrides(b, shape));
  return loops && { shape: loops.shape, a_stride: loops.strides[0], b_stride: loops.strides[1] };
}
