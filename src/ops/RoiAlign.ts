import { UserError } from "../errors.js";
import { floatAttribute, intAttribute, stringAttribute } from "../graph/attributes.js";
import type { Node } from "../graph/ir.js";
import type { Operator } from "./operator.js";

/** Most samples per bin and axis, in the kernel too. */
const MAX_SAMPLES = 32768;

function fail(node: Node, reason: string): never {
  throw new UserError("E_SHAPE", `RoiAlign node "${node.name}": ${reason}`, node.name);
}

/** The attribute, which must be one of two. */
function choice(node: Node, name: string, values: readonly [string, string]): string {
  const value = stringAttribute(node, name, values[0]).toLowerCase();
  if (!values.includes(value)) fail(node, `${name} "${value}" is not known`);
  return value;
}

function sizeOf(node: Node, name: string, fallback: number, min: number): number {
  const value = intAttribute(node, name, fallback);
  if (value < min || value > MAX_SAMPLES) fail(node, `${name} is ${value}; ${min} to ${MAX_SAMPLES} is possible`);
  return value;
}

/** ONNX RoiAlign-10, -16, -22. */
export const RoiAlign: Operator = {
  name: "RoiAlign",
  inputs: [3, 3],
  notes: "float32 in int8 models",
  infer(node, [x, rois, indices]) {
    const count = rois!.shape[0];
    const fits =
      x!.shape.length === 4 &&
      rois!.shape.length === 2 &&
      rois!.shape[1] === 4 &&
      indices!.type === "int64" &&
      indices!.shape.length === 1 &&
      indices!.shape[0] === count &&
      x!.shape[2] * x!.shape[3] > 0;
    if (!fits) {
      fail(node, `input [${x!.shape}], regions [${rois!.shape}] and indices [${indices!.shape}] do not fit together`);
    }
    const size = [sizeOf(node, "output_height", 1, 1), sizeOf(node, "output_width", 1, 1)];
    return [{ type: x!.type, shape: [count, x!.shape[1], ...size] }];
  },

  /** Before opset 16 elements lie at whole coordinates. */
  normalise(node, build) {
    const attributes = {
      ...node.attributes,
      ...(build.opset < 16 && { coordinate_transformation_mode: "output_half_pixel" }),
    };
    choice(node, "mode", ["avg", "max"]);
    choice({ ...node, attributes }, "coordinate_transformation_mode", ["half_pixel", "output_half_pixel"]);
    sizeOf(node, "sampling_ratio", 0, 0);
    build.addNode({ ...node, attributes });
  },

  lowerPlain(node, lowering) {
    const [batch, channels, in_h, in_w] = lowering.tensor(node.inputs[0]).shape;
    const [rois, , out_h, out_w] = lowering.tensor(node.outputs[0]).shape;
    const half = choice(node, "coordinate_transformation_mode", ["half_pixel", "output_half_pixel"]) === "half_pixel";
    lowering.step(
      node,
      "nn_roi_align_f32",
      {
        inputs: node.inputs.map((name) => lowering.plain(name)),
        outputs: [lowering.define(node.outputs[0], "plain")],
      },
      {
        ...{ rois, batch, channels, in_h, in_w, out_h, out_w },
        sampling_ratio: sizeOf(node, "sampling_ratio", 0, 0),
        half_pixel: half ? 1 : 0,
        maximum: choice(node, "mode", ["avg", "max"]) === "max" ? 1 : 0,
        spatial_scale: floatAttribute(node, "spatial_scale", 1),
      },
    );
  },
};
