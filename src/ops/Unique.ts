import { intAttribute, normaliseAxis } from "../graph/attributes.js";
import { elementCount, type Node } from "../graph/ir.js";
import { elementOf } from "../kernels/families/elements.js";
import { uniqueKernelName } from "../kernels/families/unique.js";
import { type Form, type Lowering, sharedQuantization } from "../lower/lowering.js";
import { axisLoops } from "./along_axis.js";
import type { Operator } from "./operator.js";

const axisOf = (node: Node) => intAttribute(node, "axis", 0);

function uniqueStep(node: Node, lowering: Lowering, form: Form): void {
  const { type, shape } = lowering.tensor(node.inputs[0]);
  lowering.step(
    node,
    uniqueKernelName(elementOf(form === "s8" ? "int8" : type)),
    {
      inputs: [lowering[form](node.inputs[0])],
      outputs: node.outputs.map((name, i) => lowering.define(name, i === 0 ? form : "plain")),
    },
    { ...axisLoops(shape, axisOf(node)), sorted: intAttribute(node, "sorted", 1) },
  );
}

/** ONNX Unique-11. Canonical: attributes axis, not negative, and sorted; outputs Y, indices, inverse, counts, and their number. */
export const Unique: Operator = {
  name: "Unique",
  outputs: 4,
  notes: "the length of the outputs is a further output",
  quantize: "shared",
  normalise(node, build) {
    const x = build.resolve(node.inputs[0]);
    const flat = node.attributes.axis === undefined;
    const axis = flat ? 0 : normaliseAxis(node, axisOf(node), x.shape.length);
    const shape = [elementCount(x.shape)];
    const input = flat ? build.add(node, "Reshape", [x.name], { shape }, undefined, x.quantization) : x.name;
    const sorted = intAttribute(node, "sorted", 1) !== 0 ? 1 : 0;
    build.addCounted({ ...node, inputs: [input], attributes: { axis, sorted } }, [axis, 0, undefined, 0]);
  },
  infer(node, [x]) {
    const list = { type: "int64", shape: [x!.shape[axisOf(node)]] } as const;
    return [{ type: x!.type, shape: x!.shape }, list, list, list, { type: "int32", shape: [] }];
  },
  lowerInt8(node, lowering) {
    if (!sharedQuantization(node, lowering)) return false;
    uniqueStep(node, lowering, "s8");
    return true;
  },
  lowerPlain: (node, lowering) => uniqueStep(node, lowering, "plain"),
};
