/** Conversions between element types: Cast and CastLike. */
import { UserError } from "../errors.js";
import { intAttribute } from "../graph/attributes.js";
import { type ElementType, elementCount, type Node } from "../graph/ir.js";
import { castKernelName } from "../kernels/families/cast.js";
import { elementOf } from "../kernels/families/elements.js";
import { dataTypeNumber, elementTypeOf } from "../onnx/element_types.js";
import type { Operator } from "./operator.js";

function targetOf(node: Node): ElementType {
  const number = intAttribute(node, "to", 0);
  const type = elementTypeOf(number);
  if (type) return type;
  throw new UserError(
    "E_TYPE",
    `Cast node "${node.name}": element type number ${number} (TensorProto.DataType) is not supported`,
    node.name,
  );
}

/**
 * ONNX Cast-6 to -24: reals to integers towards zero; beyond the type the nearest value, 0 for NaN. float64, float16 and
 * bfloat16 are float32.
 */
export const Cast: Operator = {
  name: "Cast",
  notes: "float64, float16 and bfloat16 are computed as float32",
  elementwiseUnary: true,
  normalise(node, build) {
    const { type } = build.resolve(node.inputs[0]);
    if (targetOf(node) === type) build.alias(node.outputs[0], node.inputs[0]);
    else build.addNode(node);
  },
  infer: (node, [x]) => [{ type: targetOf(node), shape: x!.shape }],
  permute: (node) => node.attributes,
  lowerPlain(node, lowering) {
    const { type, shape } = lowering.tensor(node.inputs[0]);
    lowering.step(
      node,
      castKernelName(elementOf(type), elementOf(targetOf(node))),
      { inputs: [lowering.plain(node.inputs[0])], outputs: [lowering.define(node.outputs[0], "plain")] },
      { count: elementCount(shape) },
    );
  },
};

/** ONNX CastLike-15 to -24: Cast to the element type of the second input. */
export const CastLike: Operator = {
  name: "CastLike",
  inputs: [2, 2],
  normalise(node, build) {
    const to = dataTypeNumber(build.resolve(node.inputs[1]).type);
    Cast.normalise!({ ...node, operator: "Cast", inputs: [node.inputs[0]], attributes: { to } }, build);
  },
};
