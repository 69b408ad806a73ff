import { UserError } from "../errors.js";
import { intsAttribute } from "../graph/attributes.js";
import { elementCount } from "../graph/ir.js";
import { checkRank, outputSizes, volumeParams, windowAttributes, windowOf } from "./geometry.js";
import type { Operator } from "./operator.js";
import { constantInts } from "./reshape.js";
import { throughFloat } from "./through_float.js";

/** ONNX Col2Im-18. Canonical: the window's attributes, and `image_shape`. */
export const Col2Im: Operator = {
  name: "Col2Im",
  inputs: [3, 3],
  notes: "up to three spatial axes, constant shapes; float32 in int8 models",
  infer(node, [x]) {
    const image = intsAttribute(node, "image_shape")!;
    const { kernel } = windowOf(node, image.length);
    return [{ type: x!.type, shape: [x!.shape[0], x!.shape[1] / elementCount(kernel), ...image] }];
  },

  normalise(node, build) {
    const x = build.resolve(node.inputs[0]);
    if (x.type !== "float32") return throughFloat(node, build, (real) => Col2Im.normalise!(real, build));
    const image = constantInts(node, build, 1, "the image shape")!;
    const block = constantInts(node, build, 2, "the block shape")!;
    checkRank(node, image.length);
    const window = windowOf({ ...node, attributes: { ...node.attributes, kernel_shape: block } }, image.length);
    const blocks = outputSizes(node, window, image);
    if (
      x.shape.length !== 3 ||
      x.shape[1] % elementCount(block) !== 0 ||
      x.shape[2] !== elementCount(blocks) ||
      image.some((size) => size < 1)
    ) {
      throw new UserError(
        "E_SHAPE",
        `Col2Im node "${node.name}": input [${x.shape}] does not hold blocks [${block}] of an image [${image}], ${elementCount(blocks)} of them`,
        node.name,
      );
    }
    build.add(node, "Col2Im", [x.name], { ...windowAttributes(window), image_shape: image }, node.outputs[0]);
  },

  lowerPlain(node, lowering) {
    const image = intsAttribute(node, "image_shape")!;
    const window = windowOf(node, image.length);
    const { shape } = lowering.tensor(node.outputs[0]);
    lowering.step(
      node,
      "nn_col2im_f32",
      { inputs: [lowering.plain(node.inputs[0])], outputs: [lowering.define(node.outputs[0], "plain")] },
      { planes: shape[0] * shape[1], ...volumeParams(window, outputSizes(node, window, image), image) },
    );
  },
};
