import { UserError } from "../errors.js";
import { intAttribute } from "../graph/attributes.js";
import { elementCount, type Node, type Tensor } from "../graph/ir.js";
import { imageShape, outputSizes, windowOf, windowParams } from "./geometry.js";
import type { Operator } from "./operator.js";

const groupOf = (node: Node) => intAttribute(node, "group", 1);
const offsetGroupOf = (node: Node) => intAttribute(node, "offset_group", 1);

function check(node: Node, inputs: readonly (Tensor | undefined)[], spatial: readonly number[]): void {
  const [x, weights, offset, bias, mask] = inputs;
  const { batch, channels } = imageShape(node, x!.shape);
  const group = groupOf(node);
  const taps = offsetGroupOf(node) * elementCount(weights!.shape.slice(2));
  const same = (tensor: Tensor | undefined, shape: readonly number[]) =>
    !tensor || (tensor.shape.length === shape.length && shape.every((size, i) => size === tensor.shape[i]));
  const consistent =
    group >= 1 &&
    offsetGroupOf(node) >= 1 &&
    channels % offsetGroupOf(node) === 0 &&
    weights!.shape[1] * group === channels &&
    weights!.shape[0] % group === 0 &&
    same(offset, [batch, 2 * taps, ...spatial]) &&
    same(bias, [weights!.shape[0]]) &&
    same(mask, [batch, taps, ...spatial]);
  if (!consistent) {
    const shapes = inputs.map((tensor) => (tensor ? `[${tensor.shape}]` : "none")).join(", ");
    throw new UserError(
      "E_SHAPE",
      `DeformConv node "${node.name}": shapes ${shapes}, group ${group} and offset_group ${offsetGroupOf(node)} do not fit together`,
      node.name,
    );
  }
}

/** ONNX DeformConv-19, -22. */
export const DeformConv: Operator = {
  name: "DeformConv",
  inputs: [3, 5],
  notes: "two spatial axes; float32 in int8 models",
  infer(node, inputs) {
    const [x, weights] = inputs;
    const image = imageShape(node, x!.shape);
    if (image.spatial.length !== 2 || weights!.shape.length !== 4) {
      throw new UserError(
        "E_OPERATOR_UNSUPPORTED",
        `DeformConv node "${node.name}" has ${image.spatial.length} spatial axes; 2 are supported`,
        node.name,
      );
    }
    const spatial = outputSizes(node, windowOf(node, 2, weights!.shape.slice(2)), image.spatial);
    check(node, inputs, spatial);
    return [{ type: x!.type, shape: [image.batch, weights!.shape[0], ...spatial] }];
  },

  /** An absent bias is zeros; an absent mask stays absent, which costs nothing. */
  normalise(node, build) {
    const [x, weights, offset, bias, mask] = node.inputs;
    const channels = build.resolve(weights).shape[0];
    const zeros = () =>
      build.addConstant(build.uniqueName(`${node.name}_bias`), "float32", [channels], new Float32Array(channels));
    build.addNode({ ...node, inputs: [x, weights, offset, bias || zeros(), ...(mask ? [mask] : [])] });
  },

  lowerPlain(node, lowering) {
    const [x, weights, offset, bias, mask] = node.inputs;
    const input = imageShape(node, lowering.tensor(x).shape);
    const output = imageShape(node, lowering.tensor(node.outputs[0]).shape);
    const { shape } = lowering.tensor(weights);
    lowering.step(
      node,
      "nn_deform_conv2d_f32",
      {
        inputs: [x, weights, offset, bias, mask ?? offset].map((name) => lowering.plain(name)),
        outputs: [lowering.define(node.outputs[0], "plain")],
      },
      {
        ...windowParams(windowOf(node, 2, shape.slice(2)), input, output),
        in_c: input.channels,
        out_c: output.channels,
        groups: groupOf(node),
        offset_groups: offsetGroupOf(node),
        masked: mask ? 1 : 0,
      },
      {},
      output.batch * elementCount(output.spatial) * elementCount(shape),
    );
  },
};
