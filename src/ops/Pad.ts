import { UserError } from "../errors.js";
import { floatAttribute, intsAttribute, normaliseAxis, stringAttribute } from "../graph/attributes.js";
import { checkElementCount, type GraphBuilder } from "../graph/builder.js";
import type { ElementType, Node, Shape, Tensor } from "../graph/ir.js";
import { elementCount, fromNumbers, newArray, STORED_BOUNDS } from "../graph/ir.js";
import { elementBytes, type Form, type Lowering, STORED_TYPES, sharedForm } from "../lower/lowering.js";
import { roundHalfEven } from "../numerics/requantize.js";
import { LOOP_AXES } from "./broadcast.js";
import type { Operator } from "./operator.js";
import { constantInts } from "./reshape.js";
import { addSlice } from "./strided.js";

/** The element that fills the padding, as two words. */
function valueBits(type: ElementType, value: number): { value_bits: number; value_high: number } {
  const bytes = new Uint8Array(8);
  const element = fromNumbers(type, [value]);
  bytes.set(new Uint8Array(element.buffer));
  const [value_bits, value_high] = new Int32Array(bytes.buffer);
  return { value_bits, value_high };
}

interface PaddedLoops {
  readonly in_shape: number[];
  readonly pad_begin: number[];
  readonly out_shape: number[];
}

/** The fewest axes with the same bytes: one without padding belongs to the axis before it. */
function mergedAxes(node: Node, input: Shape, output: Shape, begin: readonly number[]): PaddedLoops {
  const merged: [size: number, pad: number, out: number][] = [];
  input.forEach((size, axis) => {
    const outer = merged.at(-1);
    if (outer && size === output[axis]) merged[merged.length - 1] = outer.map((v) => v * size) as typeof outer;
    else merged.push([size, begin[axis], output[axis]]);
  });
  if (merged.length > LOOP_AXES) {
    throw new UserError(
      "E_OPERATOR_UNSUPPORTED",
      `Pad node "${node.name}" pads more than ${LOOP_AXES} axes`,
      node.name,
    );
  }
  while (merged.length < LOOP_AXES) merged.unshift([1, 0, 1]);
  const [in_shape, pad_begin, out_shape] = [0, 1, 2].map((k) => merged.map((axis) => axis[k]));
  return { in_shape, pad_begin, out_shape };
}

function addStep(node: Node, lowering: Lowering, form: Form, value: { value_bits: number; value_high: number }): void {
  const { type, shape } = lowering.tensor(node.inputs[0]);
  const output = lowering.tensor(node.outputs[0]).shape;
  lowering.step(
    node,
    "nn_pad",
    { inputs: [lowering[form](node.inputs[0])], outputs: [lowering.define(node.outputs[0], form)] },
    {
      element_bytes: elementBytes(form, type),
      ...mergedAxes(node, shape, output, intsAttribute(node, "pads")!),
      ...value,
    },
  );
}

const MODES = ["constant", "reflect", "edge", "wrap"] as const;

/** Where position i of an axis of `size` that is continued beyond its ends is taken from. */
function continued(mode: string, i: number, size: number): number {
  const modulo = (n: number) => ((i % n) + n) % n;
  if (mode === "edge") return Math.max(0, Math.min(size - 1, i));
  if (mode === "wrap") return modulo(size);
  if (size === 1) return 0;
  const period = 2 * (size - 1);
  const at = modulo(period);
  return at < size ? at : period - at;
}

/** Pads of every axis, all beginnings before all ends. Throws E_SHAPE. */
function givenPads(node: Node, build: GraphBuilder, rank: number): number[] {
  const given =
    constantInts(node, build, 1, "pads") ?? intsAttribute(node, "pads") ?? intsAttribute(node, "paddings") ?? [];
  const axes = (constantInts(node, build, 3, "axes") ?? Array.from({ length: rank }, (_, i) => i)).map((axis) =>
    normaliseAxis(node, axis, rank),
  );
  if (given.length !== 2 * axes.length || given.some((pad) => Math.abs(pad) > 2 ** 24)) {
    throw new UserError("E_SHAPE", `Pad node "${node.name}": pads [${given}] do not fit rank ${rank}`, node.name);
  }
  const pads = new Array<number>(2 * rank).fill(0);
  axes.forEach((axis, i) => {
    pads[axis] = given[i];
    pads[axis + rank] = given[i + axes.length];
  });
  return pads;
}

/** What is left when negative pads have cut it. */
function cropped(node: Node, build: GraphBuilder, x: Tensor, pads: readonly number[]): Tensor {
  const rank = x.shape.length;
  const shape = x.shape.map((size, i) => size + Math.min(0, pads[i]) + Math.min(0, pads[i + rank]));
  if (shape.some((size) => size < 0)) {
    throw new UserError("E_SHAPE", `Pad node "${node.name}": pads [${pads}] cut more than [${x.shape}]`, node.name);
  }
  const starts = x.shape.map((_, i) => (shape[i] > 0 ? Math.max(0, -pads[i]) : 0));
  return build.resolve(addSlice(node, build, x, { starts, steps: x.shape.map(() => 1), shape }));
}

/** Reflect, edge and wrap: every padded axis is gathered by constant indices. */
function padByCopies(node: Node, build: GraphBuilder, x: Tensor, pads: readonly number[], mode: string): void {
  const rank = x.shape.length;
  const axes = x.shape.map((_, axis) => axis).filter((axis) => pads[axis] > 0 || pads[axis + rank] > 0);
  if (axes.some((axis) => x.shape[axis] === 0)) {
    throw new UserError("E_SHAPE", `Pad node "${node.name}" continues an axis without elements`, node.name);
  }
  if (axes.length === 0) build.alias(node.outputs[0], x.name);
  let value = x.name;
  axes.forEach((axis, i) => {
    const size = x.shape[axis];
    const length = pads[axis] + size + pads[axis + rank];
    checkElementCount([length], node.outputs[0]);
    const positions = Array.from({ length }, (_, k) => continued(mode, k - pads[axis], size));
    const indices = Int32Array.from(positions);
    const table = build.addConstant(build.uniqueName(`${node.name}_indices`), "int32", [indices.length], indices);
    const last = i === axes.length - 1;
    value = build.add(node, "Gather", [value, table], { axis }, last ? node.outputs[0] : undefined);
  });
}

/** ONNX Pad-1, -2 (attributes), -11, -13, -18 and later (inputs). Canonical: constant mode, pads >= 0. */
export const Pad: Operator = {
  name: "Pad",
  inputs: [1, 4],
  notes: "constant pads",
  quantize: "shared",
  infer(node, [x]) {
    const pads = intsAttribute(node, "pads")!;
    const rank = x!.shape.length;
    return [{ type: x!.type, shape: x!.shape.map((size, i) => size + pads[i] + pads[i + rank]) }];
  },

  permute(node, perm) {
    const pads = intsAttribute(node, "pads")!;
    const moved = new Array<number>(pads.length);
    perm.forEach((axis, i) => {
      moved[axis] = pads[i];
      moved[axis + perm.length] = pads[i + perm.length];
    });
    return { pads: moved };
  },

  normalise(node, build) {
    const mode = stringAttribute(node, "mode", "constant");
    if (!MODES.some((known) => known === mode)) {
      throw new UserError(
        "E_OPERATOR_UNSUPPORTED",
        `Pad node "${node.name}": mode ${JSON.stringify(mode)} is not one of ${MODES.join(", ")}`,
        node.name,
      );
    }
    const given = givenPads(node, build, build.resolve(node.inputs[0]).shape.length);
    const x = cropped(node, build, build.resolve(node.inputs[0]), given);
    const pads = given.map((pad) => Math.max(0, pad));
    if (mode !== "constant") return padByCopies(node, build, x, pads, mode);
    const filling = build.optional(node, 2);
    if (filling && filling.type !== x.type) {
      throw new UserError(
        "E_TYPE",
        `Pad node "${node.name}" pads ${x.type} values with ${filling.type}; they must be alike`,
        node.name,
      );
    }
    if (filling && elementCount(filling.shape) !== 1) {
      throw new UserError(
        "E_SHAPE",
        `Pad node "${node.name}": the padding is [${filling.shape}], not one value`,
        node.name,
      );
    }
    if (elementCount(x.shape) === 0) {
      const zero = () => build.addConstant(build.uniqueName(`${node.name}_zero`), x.type, [], newArray(x.type, 1));
      const one = filling ? build.add(node, "Reshape", [filling.name], { shape: [] }) : zero();
      const shape = x.shape.map((size, axis) => size + pads[axis] + pads[axis + x.shape.length]);
      build.add(node, "Expand", [one], { shape }, node.outputs[0]);
      return;
    }
    const value = filling ? Number(filling.data?.[0]) : floatAttribute(node, "value", 0);
    if (x.type === "float32" ? filling === undefined || filling.data : Number.isSafeInteger(value)) {
      build.add(node, "Pad", [x.name], { pads, value }, node.outputs[0]);
      return;
    }
    // A value that is computed, or that no number holds: 0 is replaced by it afterwards.
    const inside = build.addConstant(
      build.uniqueName(`${node.name}_inside`),
      "bool",
      x.shape,
      new Uint8Array(elementCount(x.shape)).fill(1),
    );
    const mask = build.add(node, "Pad", [inside], { pads, value: 0 });
    const padded = build.add(node, "Pad", [x.name], { pads, value: 0 });
    const scalar = build.add(node, "Reshape", [filling!.name], { shape: [] });
    build.add(node, "Where", [mask, padded, scalar], {}, node.outputs[0]);
  },

  lowerInt8(node, lowering) {
    const shared = sharedForm(node, lowering);
    if (!shared) return false;
    const { form, scale, zeroPoint } = shared;
    const type = STORED_TYPES[form];
    const [low, high] = STORED_BOUNDS[type];
    const value = roundHalfEven(floatAttribute(node, "value", 0) / scale) + zeroPoint;
    addStep(node, lowering, form, valueBits(type, Math.max(low, Math.min(high, value))));
    return true;
  },

  lowerPlain(node, lowering) {
    const { type } = lowering.tensor(node.inputs[0]);
    addStep(node, lowering, "plain", valueBits(type, Number(node.attributes.value ?? 0)));
  },
};
