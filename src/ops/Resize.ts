import { UserError } from "../errors.js";
import { floatAttribute, intAttribute, intsAttribute, normaliseAxis, stringAttribute } from "../graph/attributes.js";
import type { GraphBuilder } from "../graph/builder.js";
import { bytesPerElement, elementCount, type Node, type Tensor } from "../graph/ir.js";
import { OUTSIDE } from "../kernels/nn_resample_f32.js";
import { type Lowering, sharedQuantization } from "../lower/lowering.js";
import { roundHalfEven } from "../numerics/requantize.js";
import {
  COORDINATE_MODES,
  type Interpolation,
  interpolation,
  NEAREST_MODES,
  nearestIndices,
  type ResizeAxis,
  type ResizeModes,
  wholeWeights,
} from "./interpolation.js";
import type { Operator } from "./operator.js";
import { constantInts } from "./reshape.js";
import { throughFloat } from "./through_float.js";

const CROP = "tf_crop_and_resize";
/** Outputs along an axis; each has an entry in a table, which no larger flash holds. */
const LONGEST_AXIS = 2 ** 20;
const MODES: readonly string[] = ["nearest", "linear", "cubic"] satisfies ResizeModes["mode"][];

function refuse(node: Node, reason: string): never {
  throw new UserError("E_OPERATOR_UNSUPPORTED", `${node.operator} node "${node.name}": ${reason}`, node.name);
}

/** Attributes of the canonical form. */
function modesOf(node: Node): ResizeModes {
  return {
    mode: stringAttribute(node, "mode", "nearest") as ResizeModes["mode"],
    coordinates: stringAttribute(node, "coordinate_transformation_mode", "half_pixel"),
    nearest: stringAttribute(node, "nearest_mode", "round_prefer_floor"),
    cubicA: floatAttribute(node, "cubic_coeff_a", -0.75),
    antialias: intAttribute(node, "antialias", 0) !== 0,
    excludeOutside: intAttribute(node, "exclude_outside", 0) !== 0,
  };
}

const numbers = (node: Node, name: string) => node.attributes[name] as readonly number[];

function axisOf(node: Node, input: readonly number[], axis: number): ResizeAxis {
  const roi = node.attributes.roi as readonly number[] | undefined;
  return {
    input: input[axis],
    output: numbers(node, "sizes")[axis],
    scale: numbers(node, "scales")[axis],
    crop: roi ? [roi[axis], roi[axis + input.length]] : [0, 1],
  };
}

/** Whether an axis comes out as it is. */
function stays(node: Node, input: readonly number[], axis: number): boolean {
  const { input: size, output, scale, crop } = axisOf(node, input, axis);
  return size === output && scale === 1 && crop[0] === 0 && crop[1] === 1;
}

/** Whether a canonical Resize gives its input. */
export function isIdentityResize(node: Node, input: readonly number[]): boolean {
  return input.every((_, axis) => stays(node, input, axis));
}

/** The axes that change, those that shrink most first: less is left to do for the others. */
function movingAxes(node: Node, input: readonly number[]): number[] {
  const ratio = (axis: number) => numbers(node, "sizes")[axis] / input[axis];
  return input.flatMap((_, axis) => (stays(node, input, axis) ? [] : [axis])).sort((a, b) => ratio(a) - ratio(b));
}

/** One kernel call of a Resize: the axes it changes, and its tables. */
interface Stage {
  readonly kernel: string;
  readonly axes: readonly number[];
  readonly params: Record<string, number>;
  readonly tables: Readonly<Record<string, Uint16Array | Int16Array | Float32Array>>;
}

const outerOf = (shape: readonly number[], axis: number) => elementCount(shape.slice(0, axis));
const innerOf = (shape: readonly number[], axis: number) => elementCount(shape.slice(axis + 1));

/** Copies of pixels along one axis, or two neighbouring ones. */
function nearestStage(node: Node, input: readonly number[], axes: readonly number[], elementBytes: number): Stage {
  const indices = (axis: number) => nearestIndices(axisOf(node, input, axis), modesOf(node)) as number[];
  const [row, column] = axes;
  const sizes = numbers(node, "sizes");
  const last = column ?? row;
  return {
    kernel: "nn_resize_nearest",
    axes,
    params: {
      batch: outerOf(input, row),
      in_h: input[row],
      in_w: column === undefined ? 1 : input[column],
      out_h: sizes[row],
      out_w: column === undefined ? 1 : sizes[column],
      pixel_bytes: innerOf(input, last) * elementBytes,
    },
    tables: {
      rows: Uint16Array.from(indices(row)),
      columns: column === undefined ? Uint16Array.of(0) : Uint16Array.from(indices(column)),
    },
  };
}

function resampleParams(input: readonly number[], axis: number, output: number, { taps }: Interpolation) {
  return { outer: outerOf(input, axis), in_size: input[axis], out_size: output, inner: innerOf(input, axis), taps };
}

const startsOf = ({ starts }: Interpolation) => Uint16Array.from(starts, (start) => start ?? OUTSIDE);

/** The calls of the plain form; `input` becomes the output axis by axis. */
function plainStages(node: Node, x: Tensor): Stage[] {
  const input = [...x.shape];
  const moving = movingAxes(node, input);
  const modes = modesOf(node);
  if (copies(node)) return copyStages(node, input, moving, bytesPerElement(x.type));
  const sizes = numbers(node, "sizes");
  return moving.map((axis) => {
    const sums = interpolation(axisOf(node, x.shape, axis), modes);
    const params = {
      ...resampleParams(input, axis, sizes[axis], sums),
      outside: floatAttribute(node, "extrapolation_value", 0),
    };
    input[axis] = sizes[axis];
    const tables = { starts: startsOf(sums), weights: Float32Array.from(sums.weights.flat()) };
    return { kernel: "nn_resample_f32", axes: [axis], params, tables };
  });
}

function int8Stages(node: Node, x: Tensor, q: { scale: number; zeroPoint: number }): Stage[] | undefined {
  const input = [...x.shape];
  const moving = movingAxes(node, input);
  if (copies(node)) return copyStages(node, input, moving, 1);
  const sizes = numbers(node, "sizes");
  const value = roundHalfEven(floatAttribute(node, "extrapolation_value", 0) / q.scale) + q.zeroPoint;
  const outside = Math.max(-128, Math.min(127, value));
  const stages: Stage[] = [];
  for (const axis of moving) {
    const sums = interpolation(axisOf(node, x.shape, axis), modesOf(node));
    const weights = wholeWeights(sums, 2 ** 14);
    if (!weights) return undefined;
    stages.push({
      kernel: "nn_resample_s8",
      axes: [axis],
      params: { ...resampleParams(input, axis, sizes[axis], sums), outside },
      tables: { starts: startsOf(sums), weights },
    });
    input[axis] = sizes[axis];
  }
  return stages;
}

/** Whether every output is a copy of an input element. */
const copies = (node: Node) => {
  const { mode, coordinates } = modesOf(node);
  return mode === "nearest" && coordinates !== CROP;
};

function copyStages(node: Node, shape: readonly number[], moving: readonly number[], bytes: number): Stage[] {
  const input = [...shape];
  const stages: Stage[] = [];
  const open = new Set(moving);
  for (const axis of moving) {
    if (!open.delete(axis)) continue;
    const axes = open.delete(axis + 1) ? [axis, axis + 1] : open.delete(axis - 1) ? [axis - 1, axis] : [axis];
    stages.push(nearestStage(node, input, axes, bytes));
    for (const done of axes) input[done] = numbers(node, "sizes")[done];
  }
  return stages;
}

function addSteps(node: Node, lowering: Lowering, form: "s8" | "plain", stages: readonly Stage[]): void {
  const { type, shape } = lowering.tensor(node.inputs[0]);
  const sizes = numbers(node, "sizes");
  const current = [...shape];
  let source = lowering[form](node.inputs[0]);
  if (stages.length === 0) lowering.defineView(node.outputs[0], form, source);
  stages.forEach(({ kernel, axes, params, tables }, i) => {
    for (const axis of axes) current[axis] = sizes[axis];
    const target =
      i === stages.length - 1
        ? lowering.define(node.outputs[0], form)
        : lowering.temporary(form === "s8" ? "int8" : type, [...current], lowering.quantization(node.outputs[0]));
    lowering.step(node, kernel, { inputs: [source], outputs: [target] }, params, tables);
    source = target;
  });
}

/** Numbers from an input, or undefined when it is omitted or empty. */
const given = (build: GraphBuilder, node: Node, index: number, what: string): number[] | undefined => {
  const values = constantInts(node, build, index, what);
  return values && values.length > 0 ? values : undefined;
};

/** Scales and sizes of every axis of x (ONNX Resize-19), from those of `axes`. */
function extents(
  node: Node,
  x: Tensor,
  axes: readonly number[],
  scales?: readonly number[],
  sizes?: readonly number[],
) {
  const wanted = scales ?? sizes;
  if (!Array.isArray(wanted) || wanted.length !== axes.length || wanted.some((value) => !(value > 0))) {
    refuse(node, `neither scales [${scales ?? ""}] nor sizes [${sizes ?? ""}] fit the input [${x.shape}]`);
  }
  const policy = stringAttribute(node, "keep_aspect_ratio_policy", "stretch");
  if (!["stretch", "not_larger", "not_smaller"].includes(policy)) {
    refuse(node, `keep_aspect_ratio_policy "${policy}" is not known`);
  }
  const ratios = axes.map((axis, i) => (scales ? scales[i] : sizes![i] / x.shape[axis]));
  const common = policy === "not_larger" ? Math.min(...ratios) : Math.max(...ratios);
  const keeps = !scales && policy !== "stretch";
  const result = { scales: x.shape.map(() => 1), sizes: [...x.shape] };
  axes.forEach((axis, i) => {
    result.scales[axis] = keeps ? common : ratios[i];
    result.sizes[axis] = scales
      ? Math.floor(x.shape[axis] * scales[i])
      : keeps
        ? Math.floor(common * x.shape[axis] + 0.5)
        : sizes![i];
  });
  if (result.sizes.some((size) => !(size >= 1))) refuse(node, `the output would be [${result.sizes}]`);
  if (Math.max(...x.shape) >= OUTSIDE) refuse(node, `an axis is longer than ${OUTSIDE - 1}`);
  if (Math.max(...result.sizes) > LONGEST_AXIS) refuse(node, `an output axis is longer than ${LONGEST_AXIS}`);
  return result;
}

/** Starts and then ends of every axis. */
function regionOf(node: Node, build: GraphBuilder, axes: readonly number[], rank: number): number[] {
  const roi = given(build, node, 1, "the region");
  if (roi?.length !== 2 * axes.length) refuse(node, `roi [${roi ?? ""}] does not fit ${axes.length} axes`);
  const result = [...new Array<number>(rank).fill(0), ...new Array<number>(rank).fill(1)];
  axes.forEach((axis, i) => {
    result[axis] = roi[i];
    result[axis + rank] = roi[i + axes.length];
  });
  return result;
}

/**
 * ONNX Resize-10, -11, -13, -18, -19. Canonical: attributes `scales` and `sizes`, and `roi` where it counts, for every
 * axis. The axes are resized one after the other.
 */
export const Resize: Operator = {
  name: "Resize",
  inputs: [1, 4],
  notes: "every mode; constant scales, sizes and region",
  quantize: "shared",
  infer: (node, [x]) => [{ type: x!.type, shape: intsAttribute(node, "sizes")! }],

  permute(node, perm) {
    const move = (values: readonly number[]) => {
      const moved = new Array<number>(values.length);
      perm.forEach((axis, i) => {
        moved[axis] = values[i];
      });
      return moved;
    };
    const roi = node.attributes.roi as readonly number[] | undefined;
    return {
      sizes: move(numbers(node, "sizes")),
      scales: move(numbers(node, "scales")),
      ...(roi && { roi: [...move(roi.slice(0, perm.length)), ...move(roi.slice(perm.length))] }),
    };
  },

  normalise(node, build) {
    const x = build.resolve(node.inputs[0]);
    const rank = x.shape.length;
    const old = build.opset < 11;
    const modes: ResizeModes = {
      ...modesOf(node),
      ...(old && { coordinates: "asymmetric", nearest: "floor" }),
    };
    const { mode, coordinates, nearest } = modes;
    if (!MODES.includes(mode)) refuse(node, `mode "${mode}" is not known`);
    if (!COORDINATE_MODES.has(coordinates))
      refuse(node, `coordinate_transformation_mode "${coordinates}" is not known`);
    if (!NEAREST_MODES.has(nearest)) refuse(node, `nearest_mode "${nearest}" is not known`);
    if (x.type !== "float32" && (mode !== "nearest" || coordinates === CROP)) {
      return throughFloat(node, build, (real) => Resize.normalise!(real, build));
    }
    const axes =
      intsAttribute(node, "axes")?.map((axis) => normaliseAxis(node, axis, rank)) ?? x.shape.map((_, i) => i);
    const scales = (node.attributes.scales as readonly number[]) ?? given(build, node, old ? 1 : 2, "scales");
    const sizes = scales || old ? undefined : given(build, node, 3, "sizes");
    build.add(
      node,
      "Resize",
      [x.name],
      {
        ...extents(node, x, axes, scales, sizes),
        mode,
        coordinate_transformation_mode: coordinates,
        ...(mode === "nearest" && { nearest_mode: nearest }),
        ...(mode === "cubic" && { cubic_coeff_a: modes.cubicA }),
        ...(modes.antialias && mode !== "nearest" && { antialias: 1 }),
        ...(modes.excludeOutside && mode !== "nearest" && { exclude_outside: 1 }),
        ...(coordinates === CROP && {
          roi: regionOf(node, build, axes, rank),
          extrapolation_value: floatAttribute(node, "extrapolation_value", 0),
        }),
      },
      node.outputs[0],
    );
  },

  lowerInt8(node, lowering) {
    const shared = sharedQuantization(node, lowering);
    const stages = shared && int8Stages(node, lowering.tensor(node.inputs[0]), shared);
    if (!stages) return false;
    addSteps(node, lowering, "s8", stages);
    return true;
  },
  lowerPlain: (node, lowering) => addSteps(node, lowering, "plain", plainStages(node, lowering.tensor(node.inputs[0]))),
};

/** ONNX Upsample-1 (height_scale, width_scale), -7 (scales) and -9 (input): Resize in asymmetric mode. */
export const Upsample: Operator = {
  name: "Upsample",
  inputs: [1, 2],
  notes: "constant scales",
  normalise(node, build) {
    const old = node.attributes.height_scale !== undefined || node.attributes.width_scale !== undefined;
    const scales = old
      ? [1, 1, floatAttribute(node, "height_scale", 1), floatAttribute(node, "width_scale", 1)]
      : ((node.attributes.scales as readonly number[]) ?? given(build, node, 1, "scales"));
    const mode = stringAttribute(node, "mode", "nearest");
    const attributes = {
      mode: mode === "bilinear" ? "linear" : mode,
      coordinate_transformation_mode: "asymmetric",
      nearest_mode: "floor",
      ...(scales && { scales }),
    };
    Resize.normalise!({ ...node, inputs: [node.inputs[0]], attributes }, build);
  },
};
