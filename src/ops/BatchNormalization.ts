import { UserError } from "../errors.js";
import { floatAttribute, intAttribute } from "../graph/attributes.js";
import { dequantizeConstant } from "../lower/lowering.js";
import type { Operator } from "./operator.js";

/**
 * ONNX BatchNormalization-7 to -15 in inference mode: x * factor + offset per channel, which the pass
 * fold-batch-norm moves into the layer before it.
 */
export const BatchNormalization: Operator = {
  name: "BatchNormalization",
  inputs: [5, 5],
  notes: "inference mode, constant statistics",
  normalise(node, build) {
    const x = build.resolve(node.inputs[0]);
    const [scale, bias, mean, variance] = [1, 2, 3, 4].map((i) => build.optional(node, i));
    const statistics = [scale, bias, mean, variance];
    if (intAttribute(node, "training_mode", 0) !== 0 || statistics.some((t) => !t?.data)) {
      throw new UserError(
        "E_OPERATOR_UNSUPPORTED",
        `BatchNormalization node "${node.name}" trains or has computed statistics; export the model in inference mode`,
        node.name,
      );
    }
    const channels = x.shape[1];
    if (statistics.some((t) => t!.data!.length !== channels)) {
      throw new UserError(
        "E_SHAPE",
        `BatchNormalization node "${node.name}": statistics do not have ${channels} channels`,
        node.name,
      );
    }
    const epsilon = floatAttribute(node, "epsilon", 1e-5);
    const [s, b, m, v] = statistics.map((t) => dequantizeConstant(t!));
    const factor = s.map((value, i) => Math.fround(value / Math.sqrt(v[i] + epsilon)));
    const offset = b.map((value, i) => Math.fround(value - m[i] * (s[i] / Math.sqrt(v[i] + epsilon))));
    const shape = [channels, ...new Array<number>(Math.max(0, x.shape.length - 2)).fill(1)];
    const factors = build.addConstant(build.uniqueName(`${node.outputs[0]}_factor`), "float32", shape, factor);
    const offsets = build.addConstant(build.uniqueName(`${node.outputs[0]}_offset`), "float32", shape, offset);
    const product = build.add(node, "Mul", [x.name, factors]);
    build.add(node, "Add", [product, offsets], {}, node.outputs[0]);
  },
};
