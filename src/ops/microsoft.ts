/** Operators of the domain com.microsoft that onnxruntime's optimiser puts into transformers, as ai.onnx ones. */
import { UserError } from "../errors.js";
import { floatAttribute, intAttribute } from "../graph/attributes.js";
import type { GraphBuilder } from "../graph/builder.js";
import type { Node } from "../graph/ir.js";
import type { Operator } from "./operator.js";
import { type Rewriter, refuseShape, rewriter } from "./rewrite.js";

const domain = "com.microsoft";

function refuseStatistics(node: Node): void {
  const extra = node.outputs[1] || node.outputs[2];
  if (!extra) return;
  throw new UserError(
    "E_OPERATOR_UNSUPPORTED",
    `${node.operator} node "${node.name}": its further output "${extra}" is for training; export the model in inference mode`,
    node.name,
  );
}

/** @param norm the ai.onnx operator; with or without beta */
function skipNormalization(name: string, norm: string, betas: 0 | 1): Operator {
  return {
    name,
    domain,
    inputs: [3, 4 + betas],
    outputs: 4,
    notes: "without mean and inv_std_var",
    normalise(node, build) {
      refuseStatistics(node);
      const bias = build.optional(node, 3 + betas);
      const sum = node.outputs[3] || undefined;
      const [x, skip, gamma] = node.inputs;
      const both = build.add(node, "Add", [x, skip], {}, bias ? undefined : sum);
      const added = bias ? build.add(node, "Add", [both, bias.name], {}, sum) : both;
      const beta = betas === 1 ? build.optional(node, 3)?.name : undefined;
      const attributes = { axis: -1, epsilon: floatAttribute(node, "epsilon", 1e-12) };
      rewriter(node, build).onnx(norm, [added, gamma, ...(beta ? [beta] : [])], attributes, node.outputs[0]);
    },
  };
}

export const SkipLayerNormalization = skipNormalization("SkipLayerNormalization", "LayerNormalization", 1);
export const SkipSimplifiedLayerNormalization = skipNormalization(
  "SkipSimplifiedLayerNormalization",
  "RMSNormalization",
  0,
);

/** RMSNormalization under the name that onnxruntime gave it, without a domain, before ONNX had it. */
export const SimplifiedLayerNormalization: Operator = {
  name: "SimplifiedLayerNormalization",
  inputs: [2, 2],
  normalise(node, build) {
    const { stash_type: _, ...settings } = node.attributes;
    rewriter(node, build).onnx("RMSNormalization", node.inputs, settings, node.outputs[0]);
  },
};

/** A tensor with its last two axes exchanged. */
function transposed(node: Node, build: GraphBuilder, write: Rewriter, index: number, wanted: boolean): string {
  const x = build.resolve(node.inputs[index]);
  const rank = x.shape.length;
  if (!wanted || rank < 2) return x.name;
  return write.transpose(
    x.name,
    x.shape.map((_, axis) => (axis === rank - 1 ? rank - 2 : axis === rank - 2 ? rank - 1 : axis)),
  );
}

/** alpha * (A or its transpose) (B or its transpose). */
export const FusedMatMul: Operator = {
  name: "FusedMatMul",
  domain,
  inputs: [2, 2],
  notes: "without transBatchA and transBatchB",
  normalise(node, build) {
    if (intAttribute(node, "transBatchA", 0) !== 0 || intAttribute(node, "transBatchB", 0) !== 0) {
      refuseShape(node, "transBatchA and transBatchB are not supported");
    }
    const write = rewriter(node, build);
    const a = transposed(node, build, write, 0, intAttribute(node, "transA", 0) !== 0);
    const b = transposed(node, build, write, 1, intAttribute(node, "transB", 0) !== 0);
    const alpha = floatAttribute(node, "alpha", 1);
    if (alpha === 1) {
      write.onnx("MatMul", [a, b], {}, node.outputs[0]);
      return;
    }
    build.add(node, "Mul", [write.onnx("MatMul", [a, b]), write.scalar(alpha)], {}, node.outputs[0]);
  },
};

/** x * sigmoid(alpha * x): a Gelu that is fast to compute. */
export const QuickGelu: Operator = {
  name: "QuickGelu",
  domain,
  normalise(node, build) {
    const [x] = node.inputs;
    const write = rewriter(node, build);
    const scaled = write.onnx("Mul", [x, write.scalar(floatAttribute(node, "alpha", 1.702))]);
    write.onnx("Mul", [x, write.onnx("Sigmoid", [scaled])], {}, node.outputs[0]);
  },
};
