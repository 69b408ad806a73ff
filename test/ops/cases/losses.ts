/** Losses: weights, ignored targets, every reduction and rank. */
import type { Attributes, Shape } from "../../../src/graph/ir.js";
import { elementCount } from "../../../src/graph/ir.js";
import { constant, feed, tensor } from "../../onnxruntime.js";
import type { NodeCase } from "../node_case.js";

const CLASSES = 5;

function target(shape: Shape, ignored: number | undefined, type: "int32" | "int64" = "int64") {
  const values = Array.from({ length: elementCount(shape) }, (_, i) =>
    ignored !== undefined && i % 3 === 1 ? ignored : (i * 7) % CLASSES,
  );
  return tensor(type, shape, values);
}

function loss(name: string, shape: Shape, attributes: Attributes, weighted: boolean, more: Partial<NodeCase> = {}) {
  const ignored = attributes.ignore_index as number | undefined;
  const labels = feed(target([shape[0], ...shape.slice(2)], ignored));
  const output = attributes.reduction === "none" ? labels.shape : [];
  return {
    ...{ name, opset: 13, attributes, output },
    inputs: [shape, labels, ...(weighted ? [constant([CLASSES], 4)] : [])],
    ...more,
  };
}

const both = (...given: Parameters<typeof loss>): NodeCase[] =>
  ["NegativeLogLikelihoodLoss", "SoftmaxCrossEntropyLoss"].map((operator) => ({ operator, ...loss(...given) }));

export const cases: readonly NodeCase[] = [
  ...both("mean", [3, 5], {}, false),
  ...both("weighted mean", [3, 5], {}, true),
  ...both("weighted sum of positions", [2, 5, 3], { reduction: "sum" }, true),
  ...both("each", [2, 5, 2, 2], { reduction: "none" }, false),
  ...both("weighted, each, of three axes", [2, 5, 2, 1, 3], { reduction: "none" }, true),
  ...both("mean without the ignored", [3, 5, 2], { ignore_index: 2 }, false),
  ...both("weighted mean without the ignored", [3, 5, 2], { ignore_index: 0 }, true),
  ...both("ignored below all classes", [3, 5], { ignore_index: -100, reduction: "mean" }, false),
  ...both("ignored above all classes", [3, 5], { ignore_index: 10, reduction: "sum" }, true),
  {
    operator: "SoftmaxCrossEntropyLoss",
    ...loss("with the logarithms", [2, 5, 3], {}, false, {
      outputs: [
        { type: "float32", shape: [] },
        { type: "float32", shape: [2, 5, 3] },
      ],
    }),
  },
  {
    operator: "SoftmaxCrossEntropyLoss",
    ...loss("a known target, out of range where ignored", [4, 5], { ignore_index: -1 }, true),
    inputs: [[4, 5], target([4], -1, "int32"), constant([CLASSES], 4)],
  },
];
