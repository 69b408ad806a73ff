/** Operators that copy elements in a regular order: Slice, Expand, and what is made of them, Reshape and Transpose. */
import { UserError } from "../errors.js";
import { intAttribute, intsAttribute, normaliseAxis, stringAttribute } from "../graph/attributes.js";
import type { GraphBuilder } from "../graph/builder.js";
import { type Node, type Shape, strides, type Tensor } from "../graph/ir.js";
import { elementBytes, type Form, type Lowering, sharedForm } from "../lower/lowering.js";
import { broadcastShape, broadcastStrides, requireLoops } from "./broadcast.js";
import type { Operator } from "./operator.js";
import { constantInts } from "./reshape.js";

function fail(node: Node, reason: string): never {
  throw new UserError("E_SHAPE", `${node.operator} node "${node.name}": ${reason}`, node.name);
}

/** Integers from an input that must be constant, which is there. */
export function requiredInts(node: Node, build: GraphBuilder, index: number, what: string): number[] {
  return constantInts(node, build, index, what) ?? fail(node, `${what} is missing`);
}

/** An operator whose output is, element by element, read from its first input with these strides and from this offset. */
function stridedCopy(
  name: string,
  of: (node: Node, x: Shape) => { readonly stride: readonly number[]; readonly offset: number },
): Pick<Operator, "name" | "quantize" | "lowerInt8" | "lowerPlain"> {
  const add = (node: Node, lowering: Lowering, form: Form) => {
    const { type, shape } = lowering.tensor(node.inputs[0]);
    const { stride, offset } = of(node, shape);
    const loops = requireLoops(node, lowering.tensor(node.outputs[0]).shape, stride);
    lowering.step(
      node,
      "nn_slice",
      { inputs: [lowering[form](node.inputs[0])], outputs: [lowering.define(node.outputs[0], form)] },
      {
        element_bytes: elementBytes(form, type),
        shape: loops.shape,
        in_stride: loops.strides[0],
        in_offset: offset,
      },
    );
  };
  return {
    name,
    quantize: "shared",
    lowerInt8(node, lowering) {
      const shared = sharedForm(node, lowering);
      if (!shared) return false;
      add(node, lowering, shared.form);
      return true;
    },
    lowerPlain: (node, lowering) => add(node, lowering, "plain"),
  };
}

const permuted = (values: readonly number[], perm: readonly number[]) => {
  const moved = new Array<number>(values.length);
  perm.forEach((axis, i) => {
    moved[axis] = values[i];
  });
  return moved;
};

const ints = (node: Node, name: string) => intsAttribute(node, name)!;

/** Adds Slice in its canonical form, or an alias where it takes everything. @param output default: a name of its own */
export function addSlice(
  node: Node,
  build: GraphBuilder,
  x: Tensor,
  cut: { readonly starts: readonly number[]; readonly steps: readonly number[]; readonly shape: Shape },
  output?: string,
): string {
  const whole = cut.steps.every((step, axis) => step === 1 && cut.shape[axis] === x.shape[axis]);
  if (!whole) return build.add(node, "Slice", [x.name], { ...cut }, output);
  if (output !== undefined) build.alias(output, x.name);
  return x.name;
}

/**
 * ONNX Slice-1 (attributes), -10, -11, -13 (inputs). Canonical: the first element, the step (not 0) and the size of the
 * output for every axis.
 */
export const Slice: Operator = {
  ...stridedCopy("Slice", (node, x) => {
    const own = strides(x);
    return {
      stride: ints(node, "steps").map((step, axis) => step * own[axis]),
      offset: ints(node, "starts").reduce((sum, start, axis) => sum + start * own[axis], 0),
    };
  }),
  inputs: [1, 5],
  notes: "constant starts, ends and steps",
  infer: (node, [x]) => [{ type: x!.type, shape: ints(node, "shape") }],
  permute: (node, perm) =>
    Object.fromEntries(["starts", "steps", "shape"].map((key) => [key, permuted(ints(node, key), perm)])),
  normalise(node, build) {
    const x = build.resolve(node.inputs[0]);
    const given = (index: number, name: string) => constantInts(node, build, index, name) ?? intsAttribute(node, name);
    const [from, to] = [given(1, "starts"), given(2, "ends")];
    const axes = (given(3, "axes") ?? from?.map((_, i) => i))?.map((axis) => normaliseAxis(node, axis, x.shape.length));
    const by = given(4, "steps") ?? from?.map(() => 1);
    const count = from?.length;
    if (!from || !to || !axes || !by || to.length !== count || axes.length !== count || by.length !== count) {
      fail(node, "starts, ends, axes and steps are not lists of one length");
    }
    if (new Set(axes).size !== count) fail(node, `axes [${axes}] name an axis twice`);
    const starts = x.shape.map(() => 0);
    const steps = x.shape.map(() => 1);
    const shape = [...x.shape];
    axes.forEach((axis, i) => {
      const size = x.shape[axis];
      const clamp = (v: number, low: number, high: number) => Math.max(low, Math.min(high, v < 0 ? v + size : v));
      const forward = by[i] > 0;
      if (by[i] === 0) fail(node, "a step is 0");
      const start = clamp(from[i], 0, forward ? size : size - 1);
      const end = clamp(to[i], forward ? 0 : -1, size);
      shape[axis] = Math.max(0, Math.ceil((end - start) / by[i]));
      starts[axis] = shape[axis] > 0 ? start : 0;
      // A step beyond the axis is taken once at most.
      steps[axis] = shape[axis] > 1 ? by[i] : 1;
    });
    addSlice(node, build, x, { starts, steps, shape }, node.outputs[0]);
  },
};

/** ONNX Split-1, -2, -11 (attribute), -13, -18 (input, num_outputs). */
export const Split: Operator = {
  name: "Split",
  inputs: [1, 2],
  outputs: Number.POSITIVE_INFINITY,
  notes: "constant sizes",
  normalise(node, build) {
    const x = build.resolve(node.inputs[0]);
    const axis = normaliseAxis(node, intAttribute(node, "axis", 0), x.shape.length);
    const size = x.shape[axis];
    const count = node.outputs.length;
    const chunk = Math.ceil(size / intAttribute(node, "num_outputs", count));
    const sizes =
      constantInts(node, build, 1, "the sizes") ??
      intsAttribute(node, "split") ??
      node.outputs.map((_, i) => Math.max(0, Math.min(chunk, size - i * chunk)));
    if (sizes.length !== count || sizes.some((part) => part < 0) || sizes.reduce((a, b) => a + b, 0) !== size) {
      fail(node, `parts of [${sizes}] do not make up axis ${axis} of [${x.shape}] in ${count} outputs`);
    }
    let at = 0;
    node.outputs.forEach((output, i) => {
      const starts = x.shape.map((_, k) => (k === axis && sizes[i] > 0 ? at : 0));
      at += sizes[i];
      if (output === "") return;
      const cut = { starts, steps: x.shape.map(() => 1), shape: x.shape.with(axis, sizes[i]) };
      addSlice(node, build, x, cut, output);
    });
  },
};

/** Adds Expand in its canonical form, or an alias where it changes nothing. */
export function addExpand(node: Node, build: GraphBuilder, x: Tensor, shape: Shape, output?: string): string {
  if (`${shape}` !== `${x.shape}`) return build.add(node, "Expand", [x.name], { shape }, output);
  if (output !== undefined) build.alias(output, x.name);
  return x.name;
}

/** ONNX Expand-8, -13. Canonical: the shape of the output. */
export const Expand: Operator = {
  ...stridedCopy("Expand", (node, x) => ({ stride: broadcastStrides(x, ints(node, "shape")), offset: 0 })),
  inputs: [2, 2],
  notes: "constant shape",
  infer: (node, [x]) => [{ type: x!.type, shape: ints(node, "shape") }],
  permute: (node, perm) => ({ shape: permuted(ints(node, "shape"), perm) }),
  normalise(node, build) {
    const x = build.resolve(node.inputs[0]);
    const wanted = requiredInts(node, build, 1, "the shape");
    addExpand(node, build, x, broadcastShape(node, x.shape, wanted), node.outputs[0]);
  },
};

/** ONNX Tile-1 (tiles and axis), -6, -13 (repeats). */
export const Tile: Operator = {
  name: "Tile",
  inputs: [2, 3],
  notes: "constant repeats",
  normalise(node, build) {
    const x = build.resolve(node.inputs[0]);
    const rank = x.shape.length;
    let repeats = requiredInts(node, build, 1, "the repeats");
    if (node.inputs.length === 3) {
      const axis = normaliseAxis(node, requiredInts(node, build, 2, "the axis")[0], rank);
      repeats = new Array<number>(rank).fill(1).with(axis, repeats[0]);
    }
    if (repeats.length !== rank || repeats.some((count) => count < 0)) {
      fail(node, `repeats [${repeats}] do not fit [${x.shape}]`);
    }
    // [a, b] repeated p by q times is [1, a, 1, b] expanded to [p, a, q, b].
    const apart = x.shape.flatMap((size, axis) => (repeats[axis] === 1 ? [size] : [1, size]));
    const wide = x.shape.flatMap((size, axis) => (repeats[axis] === 1 ? [size] : [repeats[axis], size]));
    const source = build.resolve(build.add(node, "Reshape", [x.name], { shape: apart }));
    const expanded = addExpand(node, build, source, wide);
    const shape = x.shape.map((size, axis) => size * repeats[axis]);
    build.add(node, "Reshape", [expanded], { shape }, node.outputs[0]);
  },
};

/** Reshape to `split`, Transpose, Reshape to `shape`. */
function rearrange(
  node: Node,
  build: GraphBuilder,
  split: readonly number[],
  perm: readonly number[],
  shape: readonly number[],
): void {
  const apart = build.add(node, "Reshape", [node.inputs[0]], { shape: split });
  const moved = build.add(node, "Transpose", [apart], { perm });
  build.add(node, "Reshape", [moved], { shape }, node.outputs[0]);
}

/** The block size and the shape of the image [N, C, H, W]. Throws E_SHAPE. */
function imageOf(node: Node, build: GraphBuilder): readonly [size: number, ...Shape] {
  const { shape } = build.resolve(node.inputs[0]);
  const size = intAttribute(node, "blocksize", 0);
  if (shape.length !== 4 || size < 1) fail(node, `blocks of ${size} do not fit [${shape}]`);
  return [size, ...shape];
}

/** ONNX DepthToSpace-1, -11, -13. */
export const DepthToSpace: Operator = {
  name: "DepthToSpace",
  normalise(node, build) {
    const [b, n, c, h, w] = imageOf(node, build);
    const depth = c / (b * b);
    if (!Number.isInteger(depth)) fail(node, `${c} channels are no multiple of ${b} x ${b}`);
    const mode = stringAttribute(node, "mode", "DCR");
    if (mode !== "DCR" && mode !== "CRD") fail(node, `mode ${JSON.stringify(mode)} is not DCR or CRD`);
    const [split, perm] =
      mode === "DCR"
        ? [
            [n, b, b, depth, h, w],
            [0, 3, 4, 1, 5, 2],
          ]
        : [
            [n, depth, b, b, h, w],
            [0, 1, 4, 2, 5, 3],
          ];
    rearrange(node, build, split, perm, [n, depth, h * b, w * b]);
  },
};

/** ONNX SpaceToDepth-1, -13. */
export const SpaceToDepth: Operator = {
  name: "SpaceToDepth",
  normalise(node, build) {
    const [b, n, c, h, w] = imageOf(node, build);
    if (h % b !== 0 || w % b !== 0) fail(node, `${h} x ${w} is no multiple of ${b} x ${b}`);
    rearrange(node, build, [n, c, h / b, b, w / b, b], [0, 3, 5, 1, 2, 4], [n, c * b * b, h / b, w / b]);
  },
};

/** ONNX CenterCropPad-18. */
export const CenterCropPad: Operator = {
  name: "CenterCropPad",
  inputs: [2, 2],
  notes: "constant shape",
  normalise(node, build) {
    const x = build.resolve(node.inputs[0]);
    const rank = x.shape.length;
    const wanted = requiredInts(node, build, 1, "the shape");
    const axes = (intsAttribute(node, "axes") ?? x.shape.map((_, i) => i)).map((a) => normaliseAxis(node, a, rank));
    if (wanted.length !== axes.length || wanted.some((size) => size < 0)) {
      fail(node, `the shape [${wanted}] does not fit the axes [${axes}] of [${x.shape}]`);
    }
    const starts = x.shape.map(() => 0);
    const shape = [...x.shape];
    const pads = new Array<number>(2 * rank).fill(0);
    axes.forEach((axis, i) => {
      const extra = x.shape[axis] - wanted[i];
      if (extra > 0) {
        starts[axis] = Math.floor(extra / 2);
        shape[axis] = wanted[i];
      } else {
        pads[axis] = Math.floor(-extra / 2);
        pads[axis + rank] = -extra - pads[axis];
      }
    });
    const padded = pads.some((pad) => pad > 0);
    const cut = { starts, steps: x.shape.map(() => 1), shape };
    const cropped = addSlice(node, build, x, cut, padded ? undefined : node.outputs[0]);
    if (padded) build.add(node, "Pad", [cropped], { pads, value: 0 }, node.outputs[0]);
  },
};
