import { UserError } from "../errors.js";
import { intAttribute, stringAttribute } from "../graph/attributes.js";
import { elementCount, type Node } from "../graph/ir.js";
import { GRID_PADDINGS } from "../kernels/nn_grid_sample_f32.js";
import { imageShape } from "./geometry.js";
import type { Operator } from "./operator.js";
import { throughFloat } from "./through_float.js";

/** Neighbours along an axis; opset 16 has the names of the two-dimensional case. */
const TAPS: Record<string, number> = { nearest: 1, linear: 2, bilinear: 2, cubic: 4, bicubic: 4 };

function fail(node: Node, reason: string, code: "E_SHAPE" | "E_OPERATOR_UNSUPPORTED" = "E_SHAPE"): never {
  throw new UserError(code, `GridSample node "${node.name}": ${reason}`, node.name);
}

/** ONNX GridSample-16, -20, -22. */
export const GridSample: Operator = {
  name: "GridSample",
  inputs: [2, 2],
  notes: "two and three spatial axes; float32 in int8 models",
  infer(node, [x, grid]) {
    const { batch, channels, spatial } = imageShape(node, x!.shape);
    const rank = spatial.length;
    if (rank !== 2 && rank !== 3) {
      fail(node, `the input has ${rank} spatial axes; 2 and 3 are supported`, "E_OPERATOR_UNSUPPORTED");
    }
    const { shape } = grid!;
    if (shape.length !== rank + 2 || shape[0] !== batch || shape[rank + 1] !== rank || grid!.type !== "float32") {
      fail(node, `grid [${shape}] does not fit input [${x!.shape}]`);
    }
    if (elementCount(spatial) === 0) fail(node, `input [${x!.shape}] is empty`);
    return [{ type: x!.type, shape: [batch, channels, ...shape.slice(1, -1)] }];
  },

  normalise(node, build) {
    const mode = stringAttribute(node, "mode", "linear");
    const padding = stringAttribute(node, "padding_mode", "zeros");
    if (!Object.hasOwn(TAPS, mode)) fail(node, `mode "${mode}" is not known`);
    if (!GRID_PADDINGS.includes(padding)) fail(node, `padding_mode "${padding}" is not known`);
    if (build.resolve(node.inputs[0]).type === "float32") build.addNode(node);
    else throughFloat(node, build, (real) => GridSample.normalise!(real, build));
  },

  lowerPlain(node, lowering) {
    const { batch, channels, spatial } = imageShape(node, lowering.tensor(node.inputs[0]).shape);
    const [in_w, in_h, in_d = 1] = spatial.toReversed();
    lowering.step(
      node,
      "nn_grid_sample_f32",
      {
        inputs: [lowering.plain(node.inputs[0]), lowering.plain(node.inputs[1])],
        outputs: [lowering.define(node.outputs[0], "plain")],
      },
      {
        ...{ batch, channels, in_d, in_h, in_w },
        points: elementCount(lowering.tensor(node.outputs[0]).shape.slice(2)),
        axes: spatial.length,
        taps: TAPS[stringAttribute(node, "mode", "linear")],
        padding: GRID_PADDINGS.indexOf(stringAttribute(node, "padding_mode", "zeros")),
        align_corners: intAttribute(node, "align_corners", 0) === 0 ? 0 : 1,
      },
    );
  },
};
