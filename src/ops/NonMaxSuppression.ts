import { UserError } from "../errors.js";
import { intAttribute } from "../graph/attributes.js";
import { elementCount, type Tensor } from "../graph/ir.js";
import type { Operator } from "./operator.js";
import { refuseShape } from "./rewrite.js";

/**
 * ONNX NonMaxSuppression-10, -11: boxes [batch, boxes, 4] and scores [batch, classes, boxes] to the indices [selected, 3]
 * of batch, class and box. Canonical: all five inputs, attributes `limit` (boxes per class for which there is room),
 * center_point_box and has_score_threshold.
 */
export const NonMaxSuppression: Operator = {
  name: "NonMaxSuppression",
  inputs: [2, 5],
  notes: "the length of the output is a further output; a constant max_output_boxes_per_class keeps it small",

  normalise(node, build) {
    const [boxes, scores] = node.inputs.slice(0, 2).map((name) => build.resolve(name));
    const [batch, count] = boxes.shape;
    const fits = boxes.shape.length === 3 && boxes.shape[2] === 4 && scores.shape.length === 3;
    if (!fits || scores.shape[0] !== batch || scores.shape[2] !== count) {
      refuseShape(node, `boxes of shape [${boxes.shape}] and scores of shape [${scores.shape}] do not fit`);
    }
    const given = [2, 3, 4].map((index) => build.optional(node, index));
    const settings = given.map((setting, i) => {
      const type = i === 0 ? ("int64" as const) : ("float32" as const);
      if (!setting) {
        const zero = type === "int64" ? new BigInt64Array(1) : new Float32Array(1);
        return build.addConstant(build.uniqueName(`${node.name}_setting`), type, [1], zero);
      }
      checkSetting(setting, type);
      return build.add(node, "Reshape", [setting.name], { shape: [1] });
    });
    const most = given[0] ? given[0].data?.[0] : 0;
    const limit = most === undefined ? count : Math.max(0, Math.min(count, Number(most)));
    build.addCounted(
      {
        ...node,
        inputs: [boxes.name, scores.name, ...settings],
        attributes: {
          limit,
          center_point_box: intAttribute(node, "center_point_box", 0),
          has_score_threshold: given[2] ? 1 : 0,
        },
      },
      [0],
    );

    function checkSetting(setting: Tensor, type: Tensor["type"]): void {
      if (setting.type === type && elementCount(setting.shape) === 1) return;
      throw new UserError(
        "E_TYPE",
        `NonMaxSuppression node "${node.name}": "${setting.name}" of ${setting.type} values of shape [${setting.shape}] is not one ${type}`,
        node.name,
      );
    }
  },

  infer(node, [boxes, scores]) {
    if (boxes!.type !== "float32" || scores!.type !== "float32") {
      refuseShape(node, `boxes of ${boxes!.type} and scores of ${scores!.type} values are not reals`);
    }
    const [batch, classes] = scores!.shape;
    return [
      { type: "int64", shape: [batch * classes * intAttribute(node, "limit", 0), 3] },
      { type: "int32", shape: [] },
    ];
  },

  lowerPlain(node, lowering) {
    const [batch, classes, boxes] = lowering.tensor(node.inputs[1]).shape;
    lowering.step(
      node,
      "nn_non_max_suppression_f32",
      {
        inputs: node.inputs.map((name) => lowering.plain(name)),
        outputs: node.outputs.map((name) => lowering.define(name, "plain")),
      },
      {
        ...{ batch, classes, boxes, limit: intAttribute(node, "limit", 0) },
        center_point_box: intAttribute(node, "center_point_box", 0),
        has_score_threshold: intAttribute(node, "has_score_threshold", 0),
      },
    );
  },
};
