import { UserError } from "../errors.js";
import { floatAttribute, intAttribute } from "../graph/attributes.js";
import type { GraphBuilder } from "../graph/builder.js";
import { elementCount, type Node, type Shape } from "../graph/ir.js";
import { dequantizeConstant } from "../lower/lowering.js";
import { exactly } from "./exact.js";
import type { Operator } from "./operator.js";
import { rewriter } from "./rewrite.js";

/** Whether the node asks for what training needs: in operator sets before 14 by its further outputs. */
const trains = (node: Node) =>
  intAttribute(node, "training_mode", 0) !== 0 || node.outputs.slice(1).some((name) => name !== "");

/** (x - mean) / sqrt(variance + epsilon) * scale + bias with statistics that are computed at run time. */
function withComputedStatistics(node: Node, build: GraphBuilder, shape: Shape, epsilon: number): void {
  const write = rewriter(node, exactly(node, build));
  const [scale, bias, mean, variance] = node.inputs.slice(1).map((name) => write.reshape(name, shape));
  const deviation = write.onnx("Sqrt", [write.onnx("Add", [variance, write.scalar(epsilon)])]);
  const factor = write.onnx("Div", [scale, deviation]);
  const centred = write.onnx("Sub", [node.inputs[0], mean]);
  write.onnx("Add", [write.onnx("Mul", [centred, factor]), bias], {}, node.outputs[0]);
}

/**
 * ONNX BatchNormalization-1 to -15 in inference mode: x * factor + offset per channel, which the pass fold-affine moves
 * into the layer before it.
 */
export const BatchNormalization: Operator = {
  name: "BatchNormalization",
  inputs: [5, 5],
  outputs: 5,
  notes: "inference mode",
  normalise(node, build) {
    const x = build.resolve(node.inputs[0]);
    const statistics = [1, 2, 3, 4].map((i) => build.resolve(node.inputs[i]));
    const [scale, bias, mean, variance] = statistics;
    if (trains(node)) {
      throw new UserError(
        "E_OUT_OF_SCOPE",
        `BatchNormalization node "${node.name}" is in training mode; export the model in inference mode`,
        node.name,
      );
    }
    const channels = x.shape[1];
    if (statistics.some((t) => elementCount(t.shape) !== channels)) {
      throw new UserError(
        "E_SHAPE",
        `BatchNormalization node "${node.name}": statistics do not have ${channels} channels`,
        node.name,
      );
    }
    const epsilon = floatAttribute(node, "epsilon", 1e-5);
    const shape = [channels, ...new Array<number>(Math.max(0, x.shape.length - 2)).fill(1)];
    if (statistics.some((t) => !t.data)) {
      withComputedStatistics(node, build, shape, epsilon);
      return;
    }
    const [s, b, m, v] = [scale, bias, mean, variance].map(dequantizeConstant);
    const factor = s.map((value, i) => Math.fround(value / Math.sqrt(v[i] + epsilon)));
    const offset = b.map((value, i) => Math.fround(value - m[i] * (s[i] / Math.sqrt(v[i] + epsilon))));
    const factors = build.addConstant(build.uniqueName(`${node.outputs[0]}_factor`), "float32", shape, factor);
    const offsets = build.addConstant(build.uniqueName(`${node.outputs[0]}_offset`), "float32", shape, offset);
    const product = build.add(node, "Mul", [x.name, factors]);
    build.add(node, "Add", [product, offsets], {}, node.outputs[0]);
  },
};
