/** Losses of classification as operators that models carry when they were exported with them. */
import { UserError } from "../errors.js";
import { intAttribute, stringAttribute } from "../graph/attributes.js";
import type { GraphBuilder } from "../graph/builder.js";
import { elementCount, type Node, type Shape } from "../graph/ir.js";
import { exactly } from "./exact.js";
import type { Operator } from "./operator.js";
import { type Rewriter, refuseShape, rewriter } from "./rewrite.js";

/** Throws E_SHAPE, E_TYPE for a target or weights that do not fit [batch, classes, more axes]. */
function checkOperands(node: Node, build: GraphBuilder, shape: Shape): void {
  const target = build.resolve(node.inputs[1]);
  const weights = build.optional(node, 2);
  if (target.type !== "int32" && target.type !== "int64") {
    throw new UserError(
      "E_TYPE",
      `${node.operator} node "${node.name}": the target is ${target.type}, not int32 or int64`,
      node.name,
    );
  }
  if (shape.length < 2 || `${target.shape}` !== `${shape.toSpliced(1, 1)}`) {
    refuseShape(node, `a target of shape [${target.shape}] does not fit scores of shape [${shape}]`);
  }
  if (weights && `${weights.shape}` !== `${shape[1]}`) {
    refuseShape(node, `weights of shape [${weights.shape}] are not one per class of [${shape}]`);
  }
}

/**
 * Adds -weight[target] * score[target], reduced, as output 0 of `node`.
 * @param scores logarithms of probabilities, [batch, classes, more axes]
 */
function addLoss(node: Node, build: GraphBuilder, scores: string, write: Rewriter): void {
  const [output] = node.outputs;
  const reduction = stringAttribute(node, "reduction", "mean");
  if (!["none", "sum", "mean"].includes(reduction)) {
    refuseShape(node, `reduction ${JSON.stringify(reduction)} is not none, sum or mean`);
  }
  const shape = write.shape(scores);
  const given = build.resolve(node.inputs[1]);
  let target = given.name;
  let ignored: string | undefined;
  if (node.attributes.ignore_index !== undefined) {
    // What is ignored need not be a class: it takes the place of class 0 until its weight is 0.
    const index = write.constant(given.type, [], [intAttribute(node, "ignore_index", 0)]);
    ignored = write.onnx("Equal", [given.name, index]);
    target = write.onnx("Where", [ignored, write.constant(given.type, [], [0]), given.name]);
  }
  const column = write.reshape(target, shape.with(1, 1));
  const picked = write.reshape(write.onnx("GatherElements", [scores, column], { axis: 1 }), given.shape);
  const without = (value: string) => (ignored ? write.onnx("Where", [ignored, write.scalar(0), value]) : value);
  const weights = build.optional(node, 2);
  let factor: string | undefined;
  if (weights) factor = without(write.onnx("Gather", [weights.name, target]));
  else if (ignored) factor = without(write.scalar(1));
  const kept = without(picked);
  const weighted = factor && weights ? write.onnx("Mul", [kept, factor]) : kept;
  if (reduction === "none") {
    write.onnx("Neg", [weighted], {}, output);
    return;
  }
  const loss = write.onnx("Neg", [weighted]);
  const sum = (x: string, to?: string) => write.onnx("ReduceSum", [x], { keepdims: 0 }, to);
  if (reduction === "sum") sum(loss, output);
  else if (factor) write.onnx("Div", [sum(loss), sum(factor)], {}, output);
  else write.onnx("Div", [sum(loss), write.scalar(elementCount(given.shape))], {}, output);
}

/** ONNX NegativeLogLikelihoodLoss-12, -13, -22. */
export const NegativeLogLikelihoodLoss: Operator = {
  name: "NegativeLogLikelihoodLoss",
  inputs: [2, 3],
  normalise(node, build) {
    const { name, shape } = build.resolve(node.inputs[0]);
    checkOperands(node, build, shape);
    addLoss(node, build, name, rewriter(node, exactly(node, build)));
  },
};

/** ONNX SoftmaxCrossEntropyLoss-12, -13: LogSoftmax over the classes, and the loss. */
export const SoftmaxCrossEntropyLoss: Operator = {
  name: "SoftmaxCrossEntropyLoss",
  inputs: [2, 3],
  outputs: 2,
  notes: "with log_prob",
  normalise(node, build) {
    const { name, shape } = build.resolve(node.inputs[0]);
    checkOperands(node, build, shape);
    const scores = build.add(node, "LogSoftmax", [name], { axis: 1 }, node.outputs[1] || undefined);
    addLoss({ ...node, outputs: [node.outputs[0]] }, build, scores, rewriter(node, exactly(node, build)));
  },
};
