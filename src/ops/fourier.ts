/** Fourier transforms: DFT and STFT, one kernel for both. Window functions and mel weights are in windows.ts. */
import { intAttribute, normaliseAxis } from "../graph/attributes.js";
import type { GraphBuilder } from "../graph/builder.js";
import { elementCount, type Node, type Shape, type Tensor } from "../graph/ir.js";
import type { FftParams } from "../kernels/nn_fft_f32.js";
import type { Lowering } from "../lower/lowering.js";
import type { Operator } from "./operator.js";
import { constantInts } from "./reshape.js";
import { refuseShape } from "./rewrite.js";

/** Reals or complex numbers along the last axis. */
function requireSignal(node: Node, x: Tensor): void {
  const components = x.shape[x.shape.length - 1];
  if (x.type === "float32" && x.shape.length >= 2 && (components === 1 || components === 2)) return;
  refuseShape(
    node,
    `its signal of ${x.type} values of shape [${x.shape}] does not end in one axis of 1 (real) or 2 (complex)`,
  );
}

const one = (node: Node, build: GraphBuilder) =>
  build.addConstant(build.uniqueName(`${node.outputs[0]}_window`), "float32", [1], Float32Array.of(1));

/** A scalar that must be a constant and at least 1, or undefined when it is omitted. */
function constantLength(node: Node, build: GraphBuilder, index: number, what: string): number | undefined {
  const given = constantInts(node, build, index, what);
  if (given === undefined) return undefined;
  if (given.length !== 1 || !Number.isInteger(given[0]) || given[0] < 1 || given[0] > 2 ** 24) {
    refuseShape(node, `${what} [${given}] is no length`);
  }
  return given[0];
}

const binsOf = (node: Node, length: number) =>
  intAttribute(node, "onesided", 0) === 1 ? Math.floor(length / 2) + 1 : length;

function requireTwoSided(node: Node, x: Tensor, fallback: number): number {
  const onesided = intAttribute(node, "onesided", fallback) === 0 ? 0 : 1;
  if (onesided === 1 && x.shape[x.shape.length - 1] === 2) {
    refuseShape(node, "onesided is for real signals, this one is complex");
  }
  return onesided;
}

/** e^(+-2 pi i k / length) for k = 0, 1 ... `count` - 1 as pairs, exact on the axes. */
function turns(length: number, count: number, sign: 1 | -1): Float32Array {
  const exact = (v: number) => (Math.abs(v) < 1e-15 ? 0 : v);
  const table = new Float32Array(2 * count);
  for (let k = 0; k < count; k++) {
    const angle = (2 * Math.PI * k) / length;
    table[2 * k] = exact(Math.cos(angle));
    table[2 * k + 1] = exact(sign * Math.sin(angle));
  }
  return table;
}

type Lines = Omit<FftParams, "odd" | "doublings" | "scale">;

function addTransform(node: Node, lowering: Lowering, length: number, inverse: boolean, lines: Lines): void {
  let odd = length;
  let doublings = 0;
  for (; odd % 2 === 0; odd /= 2) doublings++;
  const table = turns(length, odd === 1 ? Math.max(1, length / 2) : length, inverse ? 1 : -1);
  const perLine = 4 * odd * length + 2 * doublings * length;
  lowering.step(
    node,
    "nn_fft_f32",
    { inputs: node.inputs.map((name) => lowering.plain(name)), outputs: [lowering.define(node.outputs[0], "plain")] },
    { ...lines, odd, doublings, scale: Math.fround(inverse ? 1 / length : 1) } satisfies FftParams,
    { turns: table },
    lines.batch * lines.frames * perLine,
  );
}

/**
 * ONNX DFT-17 (axis as attribute) and DFT-20 (axis as input). Canonical: attributes axis, length, inverse, onesided;
 * inputs the signal and the factor 1.
 */
export const DFT: Operator = {
  name: "DFT",
  inputs: [1, 3],
  notes: "constant dft_length and axis; any length, fastest for powers of two; float32 in int8 models",

  normalise(node, build) {
    const x = build.resolve(node.inputs[0]);
    requireSignal(node, x);
    const rank = x.shape.length;
    const given =
      build.opset < 20
        ? intAttribute(node, "axis", 1)
        : (constantInts(node, build, 2, "the axis")?.[0] ?? intAttribute(node, "axis", -2));
    const axis = normaliseAxis(node, given, rank);
    if (axis === rank - 1) refuseShape(node, `axis ${given} is that of the real and imaginary parts`);
    const length = constantLength(node, build, 1, "dft_length") ?? x.shape[axis];
    if (length < 1) refuseShape(node, `axis ${given} of [${x.shape}] is empty`);
    const onesided = requireTwoSided(node, x, 0);
    const inverse = intAttribute(node, "inverse", 0) === 0 ? 0 : 1;
    build.add(node, "DFT", [x.name, one(node, build)], { axis, length, inverse, onesided }, node.outputs[0]);
  },

  infer(node, [x]) {
    const axis = intAttribute(node, "axis", 0);
    const shape = x!.shape.map((size, i) => (i === axis ? binsOf(node, intAttribute(node, "length", size)) : size));
    return [{ type: "float32", shape: [...shape.slice(0, -1), 2] }];
  },

  lowerPlain(node, lowering) {
    const { shape } = lowering.tensor(node.inputs[0]);
    const axis = intAttribute(node, "axis", 0);
    const length = intAttribute(node, "length", 1);
    const components = shape[shape.length - 1];
    const inner = elementCount(shape.slice(axis + 1, -1));
    const bins = binsOf(node, length);
    addTransform(node, lowering, length, intAttribute(node, "inverse", 0) === 1, {
      ...{ batch: elementCount(shape.slice(0, axis)), frames: inner, components, samples: shape[axis], bins },
      batch_stride: shape[axis] * inner * components,
      frame_stride: components,
      sample_stride: inner * components,
      window_stride: 0,
      out_batch_stride: bins * inner * 2,
      out_frame_stride: 2,
      out_bin_stride: inner * 2,
    });
  },
};

function framesOf(node: Node, shape: Shape): number {
  return Math.floor((shape[1] - intAttribute(node, "length", 1)) / intAttribute(node, "step", 1)) + 1;
}

/**
 * ONNX STFT-17. Canonical: attributes step, length, onesided; inputs the signal and the window, or the factor 1. The
 * frames are read in place: none is copied.
 */
export const STFT: Operator = {
  name: "STFT",
  inputs: [2, 4],
  notes: "constant frame_step and frame_length; any length, fastest for powers of two; float32 in int8 models",

  normalise(node, build) {
    const signal = build.resolve(node.inputs[0]);
    // The specification asks for [batch][length][1 or 2]; [batch][length] is a real signal too.
    const x =
      signal.shape.length === 2
        ? build.resolve(build.add(node, "Reshape", [signal.name], { shape: [...signal.shape, 1] }))
        : signal;
    requireSignal(node, x);
    if (x.shape.length !== 3) refuseShape(node, `its signal of shape [${x.shape}] does not have rank 3`);
    const step = constantLength(node, build, 1, "frame_step")!;
    const window = build.optional(node, 2);
    const length = constantLength(node, build, 3, "frame_length") ?? window?.shape[0] ?? x.shape[1];
    if (window && (window.type !== "float32" || window.shape.length !== 1 || window.shape[0] !== length)) {
      refuseShape(node, `the window of shape [${window.shape}] does not fit frames of ${length}`);
    }
    if (length < 1 || length > x.shape[1]) refuseShape(node, `a frame of ${length} does not fit [${x.shape}]`);
    const onesided = requireTwoSided(node, x, 1);
    const factor = window?.name ?? one(node, build);
    build.add(node, "STFT", [x.name, factor], { step, length, onesided }, node.outputs[0]);
  },

  infer(node, [x]) {
    const bins = binsOf(node, intAttribute(node, "length", 1));
    return [{ type: "float32", shape: [x!.shape[0], framesOf(node, x!.shape), bins, 2] }];
  },

  lowerPlain(node, lowering) {
    const { shape } = lowering.tensor(node.inputs[0]);
    const length = intAttribute(node, "length", 1);
    const [batch, size, components] = shape;
    const frames = framesOf(node, shape);
    const bins = binsOf(node, length);
    addTransform(node, lowering, length, false, {
      ...{ batch, frames, components, samples: length, bins },
      batch_stride: size * components,
      frame_stride: intAttribute(node, "step", 1) * components,
      sample_stride: components,
      window_stride: elementCount(lowering.tensor(node.inputs[1]).shape) === 1 ? 0 : 1,
      out_batch_stride: frames * bins * 2,
      out_frame_stride: bins * 2,
      out_bin_stride: 2,
    });
  },
};
