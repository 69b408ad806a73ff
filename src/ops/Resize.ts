import { UserError } from "../errors.js";
import { intsAttribute, stringAttribute } from "../graph/attributes.js";
import type { GraphBuilder } from "../graph/builder.js";
import type { Node } from "../graph/ir.js";
import { type Lowering, sharedQuantization } from "../lower/lowering.js";
import type { Operator } from "./operator.js";
import { constantInts } from "./reshape.js";

/** Output coordinate -> input coordinate, by coordinate_transformation_mode (ONNX Resize-19). */
const COORDINATES: Record<string, (x: number, scale: number, input: number, output: number) => number> = {
  asymmetric: (x, scale) => x / scale,
  half_pixel: (x, scale) => (x + 0.5) / scale - 0.5,
  half_pixel_symmetric: (x, scale, input, output) => {
    const adjustment = output / (scale * input);
    return (input / 2) * (1 - adjustment) + (x + 0.5) / scale - 0.5;
  },
  pytorch_half_pixel: (x, scale, _input, output) => (output > 1 ? (x + 0.5) / scale - 0.5 : 0),
  align_corners: (x, _scale, input, output) => (output > 1 ? (x * (input - 1)) / (output - 1) : 0),
};

const ROUNDINGS: Record<string, (x: number) => number> = {
  round_prefer_floor: (x) => Math.ceil(x - 0.5),
  round_prefer_ceil: (x) => Math.floor(x + 0.5),
  floor: Math.floor,
  ceil: Math.ceil,
};

/** Source index of every output index along one axis. */
function sourceIndices(node: Node, input: number, output: number, scale: number): number[] {
  const coordinate = COORDINATES[stringAttribute(node, "coordinate_transformation_mode", "half_pixel")];
  const round = ROUNDINGS[stringAttribute(node, "nearest_mode", "round_prefer_floor")];
  return Array.from({ length: output }, (_, x) =>
    Math.max(0, Math.min(input - 1, round(coordinate(x, scale, input, output)))),
  );
}

const floats = (build: GraphBuilder, node: Node, index: number): number[] | undefined => {
  const values = constantInts(node, build, index, "scales");
  return values && values.length > 0 ? values : undefined;
};

function addStep(node: Node, lowering: Lowering, form: "s8" | "f32"): void {
  const input = lowering.tensor(node.inputs[0]).shape;
  const output = lowering.tensor(node.outputs[0]).shape;
  const scales = node.attributes.scales as readonly number[];
  const [row, column] = movingAxes(input, output);
  const indices = (axis: number) => Uint16Array.from(sourceIndices(node, input[axis], output[axis], scales[axis]));
  const product = (from: number, to: number) => input.slice(from, to).reduce((a, b) => a * b, 1);
  lowering.step(
    node,
    "nn_resize_nearest",
    { inputs: [lowering[form](node.inputs[0])], outputs: [lowering.define(node.outputs[0], form)] },
    {
      batch: product(0, row),
      in_h: input[row],
      in_w: input[column],
      out_h: output[row],
      out_w: output[column],
      pixel_bytes: product(column + 1, input.length) * (form === "s8" ? 1 : 4),
    },
    { rows: indices(row), columns: indices(column) },
  );
}

/** The two neighbouring axes the kernel walks: they contain every axis whose size or grid changes. */
function movingAxes(input: readonly number[], output: readonly number[]): [number, number] {
  const moving = input.flatMap((size, axis) => (size === output[axis] ? [] : [axis]));
  const row = Math.min(moving[0] ?? 0, input.length - 2);
  return [row, row + 1];
}

/** ONNX Resize-10, -11, -13, -18, -19 in nearest mode. Canonical: attributes `scales` and `sizes` for every axis. */
export const Resize: Operator = {
  name: "Resize",
  inputs: [1, 4],
  notes:
    "nearest mode over one axis or two neighbouring axes, every coordinate and rounding mode but tf_crop_and_resize",
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
    return { sizes: move(intsAttribute(node, "sizes")!), scales: move(node.attributes.scales as readonly number[]) };
  },

  normalise(node, build) {
    const x = build.resolve(node.inputs[0]);
    const rank = x.shape.length;
    const old = build.opset < 11;
    const refuse = (reason: string): never => {
      throw new UserError("E_OPERATOR_UNSUPPORTED", `${node.operator} node "${node.name}": ${reason}`, node.name);
    };
    const mode = stringAttribute(node, "mode", "nearest");
    if (mode !== "nearest") refuse(`mode "${mode}" is not supported, only "nearest" is`);
    const transformation = old ? "asymmetric" : stringAttribute(node, "coordinate_transformation_mode", "half_pixel");
    const nearest = old ? "floor" : stringAttribute(node, "nearest_mode", "round_prefer_floor");
    if (!COORDINATES[transformation]) refuse(`coordinate_transformation_mode "${transformation}" is not supported`);
    if (!ROUNDINGS[nearest]) refuse(`nearest_mode "${nearest}" is not known`);
    const axes = intsAttribute(node, "axes") ?? x.shape.map((_, i) => i);
    const attributeScales = node.attributes.scales as readonly number[] | undefined;
    const givenScales = attributeScales ?? floats(build, node, old ? 1 : 2);
    const givenSizes = old ? undefined : constantInts(node, build, 3, "sizes");
    const given = givenScales ?? (givenSizes && givenSizes.length > 0 ? givenSizes : undefined);
    if (!given || given.length !== axes.length) refuse("neither scales nor sizes fit the input");
    if (givenSizes && stringAttribute(node, "keep_aspect_ratio_policy", "stretch") !== "stretch") {
      refuse("keep_aspect_ratio_policy is supported as stretch only");
    }
    const scales = x.shape.map((size, axis) => {
      const i = axes.indexOf(axis);
      if (i < 0) return 1;
      return givenScales ? givenScales[i] : givenSizes![i] / size;
    });
    const sizes = x.shape.map((size, axis) => {
      const i = axes.indexOf(axis);
      return !givenScales && i >= 0 ? givenSizes![i] : Math.floor(size * scales[axis]);
    });
    if (sizes.some((size) => !(size >= 1)) || rank < 2) refuse(`the output would be [${sizes}]`);
    const moving = x.shape.flatMap((size, axis) => (size === sizes[axis] ? [] : [axis]));
    if (moving.length > 2 || (moving.length === 2 && moving[1] !== moving[0] + 1)) {
      refuse("only one axis or two neighbouring axes can change their size");
    }
    if (Math.max(...x.shape) >= 2 ** 16) refuse("an axis is longer than 65,535");
    build.add(
      node,
      "Resize",
      [x.name],
      { scales, sizes, coordinate_transformation_mode: transformation, nearest_mode: nearest, mode: "nearest" },
      node.outputs[0],
    );
  },

  lowerInt8(node, lowering) {
    if (!sharedQuantization(node, lowering)) return false;
    addStep(node, lowering, "s8");
    return true;
  },
  lowerFloat32: (node, lowering) => addStep(node, lowering, "f32"),
};

/** ONNX Upsample-7 (attribute) and -9 (input): Resize in asymmetric mode. */
export const Upsample: Operator = {
  name: "Upsample",
  inputs: [1, 2],
  notes: "nearest mode",
  normalise(node, build) {
    const scales = node.attributes.scales ?? floats(build, node, 1);
    const attributes = {
      mode: node.attributes.mode ?? "nearest",
      coordinate_transformation_mode: "asymmetric",
      nearest_mode: "floor",
      ...(scales && { scales: scales as readonly number[] }),
    };
    Resize.normalise!({ ...node, inputs: [node.inputs[0]], attributes }, build);
  },
};
