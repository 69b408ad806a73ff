/** Window geometry that convolution and pooling share (ONNX Conv-11, ConvTranspose-11, MaxPool-12, AveragePool-19). */
import { UserError } from "../errors.js";
import { dimensionsAttribute, intAttribute, stringAttribute } from "../graph/attributes.js";
import type { Attributes, Node } from "../graph/ir.js";

/** Window settings of `rank` spatial axes; pads are begins then ends, as in ONNX. */
export interface Window {
  readonly kernel: readonly number[];
  readonly strides: readonly number[];
  readonly dilations: readonly number[];
  readonly pads: readonly number[];
}

export function windowOf(node: Node, rank: number, kernelFromWeights?: readonly number[]): Window {
  if (!node.attributes.kernel_shape && !kernelFromWeights) {
    throw new UserError(
      "E_SHAPE",
      `${node.operator} node "${node.name}": attribute kernel_shape is missing`,
      node.name,
    );
  }
  const kernel = node.attributes.kernel_shape
    ? dimensionsAttribute(node, "kernel_shape", rank, 1, 1)
    : kernelFromWeights!;
  if (kernelFromWeights?.some((size, i) => size !== kernel[i])) {
    throw new UserError(
      "E_SHAPE",
      `${node.operator} node "${node.name}": kernel_shape [${kernel}] differs from the weights' [${kernelFromWeights}]`,
      node.name,
    );
  }
  return {
    kernel,
    strides: dimensionsAttribute(node, "strides", rank, 1, 1),
    dilations: dimensionsAttribute(node, "dilations", rank, 1, 1),
    pads: dimensionsAttribute(node, "pads", 2 * rank, 0, 0),
  };
}

/** Extent of a dilated kernel. */
const span = (w: Window, i: number) => (w.kernel[i] - 1) * w.dilations[i] + 1;

/** Resolves auto_pad into explicit pads; for SAME the output is ceil(input / stride). */
export function explicitPads(node: Node, window: Window, input: readonly number[]): Window {
  const mode = stringAttribute(node, "auto_pad", "NOTSET");
  if (mode === "NOTSET" || mode === "") return window;
  const rank = input.length;
  const pads = new Array<number>(2 * rank).fill(0);
  if (mode === "SAME_UPPER" || mode === "SAME_LOWER") {
    for (let i = 0; i < rank; i++) {
      const output = Math.ceil(input[i] / window.strides[i]);
      const total = Math.max(0, (output - 1) * window.strides[i] + span(window, i) - input[i]);
      const small = Math.floor(total / 2);
      pads[i] = mode === "SAME_UPPER" ? small : total - small;
      pads[i + rank] = total - pads[i];
    }
  } else if (mode !== "VALID") {
    throw new UserError("E_SHAPE", `${node.operator} node "${node.name}": auto_pad "${mode}" is not known`, node.name);
  }
  return { ...window, pads };
}

/** Spatial output sizes of a convolution or pooling window. */
export function outputSizes(node: Node, window: Window, input: readonly number[]): number[] {
  const ceilMode = intAttribute(node, "ceil_mode", 0) !== 0;
  return input.map((size, i) => {
    const begin = window.pads[i];
    const padded = size + begin + window.pads[i + input.length];
    const room = padded - span(window, i);
    let output = (ceilMode ? Math.ceil(room / window.strides[i]) : Math.floor(room / window.strides[i])) + 1;
    // A window that starts in the padding behind the input is dropped (ONNX pooling with ceil_mode).
    if (ceilMode && (output - 1) * window.strides[i] >= size + begin) output -= 1;
    if (output < 1) {
      throw new UserError(
        "E_SHAPE",
        `${node.operator} node "${node.name}": a kernel of extent ${span(window, i)} does not fit the padded input of ${padded}`,
        node.name,
      );
    }
    return output;
  });
}

export function windowAttributes(window: Window): Attributes {
  return {
    kernel_shape: window.kernel,
    strides: window.strides,
    dilations: window.dilations,
    pads: window.pads,
  };
}

/** A window over one more spatial axis, the first, of size 1. */
export function widenWindow(window: Window): Window {
  const rank = window.kernel.length;
  return {
    kernel: [1, ...window.kernel],
    strides: [1, ...window.strides],
    dilations: [1, ...window.dilations],
    pads: [0, ...window.pads.slice(0, rank), 0, ...window.pads.slice(rank)],
  };
}

/** Shape N,C,spatial or N,spatial,C taken apart. */
export interface ImageShape {
  readonly batch: number;
  readonly channels: number;
  readonly spatial: readonly number[];
}

export function imageShape(node: Node, shape: readonly number[]): ImageShape {
  if (shape.length < 3) {
    throw new UserError(
      "E_SHAPE",
      `${node.operator} node "${node.name}": the input has rank ${shape.length}, expected batch, channels and spatial axes`,
      node.name,
    );
  }
  return isChannelsLast(node)
    ? { batch: shape[0], channels: shape[shape.length - 1], spatial: shape.slice(1, -1) }
    : { batch: shape[0], channels: shape[1], spatial: shape.slice(2) };
}

export function imageShapeOf(node: Node, image: ImageShape): number[] {
  return isChannelsLast(node)
    ? [image.batch, ...image.spatial, image.channels]
    : [image.batch, image.channels, ...image.spatial];
}

export function isChannelsLast(node: Node): boolean {
  return node.attributes.channels_last === 1;
}

/** Refuses more than three spatial axes, for which there are no kernels. */
export function checkRank(node: Node, rank: number): void {
  if (rank <= 3) return;
  throw new UserError(
    "E_OPERATOR_UNSUPPORTED",
    `${node.operator} node "${node.name}" has ${rank} spatial axes; 1, 2 and 3 are supported`,
    node.name,
  );
}

/** A window that lies in the padding altogether has neither a maximum nor a mean. Throws E_SHAPE. */
export function checkPadding(node: Node, window: Window): void {
  const rank = window.kernel.length;
  window.pads.forEach((pad, i) => {
    if (pad < span(window, i % rank)) return;
    throw new UserError(
      "E_SHAPE",
      `${node.operator} node "${node.name}": padding ${pad} is not smaller than the kernel's extent ${span(window, i % rank)}, so a window would lie outside the input; pad less`,
      node.name,
    );
  });
}

/**
 * The same windows with end pads such that every one of them lies inside the padded input and ceil_mode makes no
 * difference.
 */
export function coverWindows(node: Node, window: Window, input: readonly number[]): Window {
  const rank = input.length;
  const output = outputSizes(node, window, input);
  const ends = output.map((count, i) =>
    Math.max(0, (count - 1) * window.strides[i] + span(window, i) - input[i] - window.pads[i]),
  );
  return { ...window, pads: [...window.pads.slice(0, rank), ...ends] };
}

/** The part of a window over some of its axes. */
export function windowPart(window: Window, from: number, to: number): Window {
  const rank = window.kernel.length;
  return {
    kernel: window.kernel.slice(from, to),
    strides: window.strides.slice(from, to),
    dilations: window.dilations.slice(from, to),
    pads: [...window.pads.slice(from, to), ...window.pads.slice(rank + from, rank + to)],
  };
}

/** Parameters that every windowed kernel has, by the names of its C struct. */
export function windowParams(window: Window, input: ImageShape, output: ImageShape) {
  return {
    batch: input.batch,
    in_h: input.spatial[0],
    in_w: input.spatial[1],
    out_h: output.spatial[0],
    out_w: output.spatial[1],
    kernel_h: window.kernel[0],
    kernel_w: window.kernel[1],
    stride_h: window.strides[0],
    stride_w: window.strides[1],
    dilation_h: window.dilations[0],
    dilation_w: window.dilations[1],
    pad_top: window.pads[0],
    pad_left: window.pads[1],
  };
}

/** The parameters of kernels over three axes in ONNX layout; missing axes in front have size 1. */
export function volumeParams(window: Window, input: readonly number[], output: readonly number[]) {
  if (input.length < 3) return volumeParams(widenWindow(window), [1, ...input], [1, ...output]);
  const axes = (prefix: string, [d, h, w]: readonly number[]) => ({
    [`${prefix}_d`]: d,
    [`${prefix}_h`]: h,
    [`${prefix}_w`]: w,
  });
  const [pad_front, pad_top, pad_left] = window.pads;
  return {
    ...axes("in", input),
    ...axes("out", output),
    ...axes("kernel", window.kernel),
    ...axes("stride", window.strides),
    ...axes("dilation", window.dilations),
    ...{ pad_front, pad_top, pad_left },
  };
}
