import { UserError } from "../errors.js";
import { intAttribute } from "../graph/attributes.js";
import type { GraphBuilder } from "../graph/builder.js";
import type { Node } from "../graph/ir.js";
import { type Lowering, sharedForm } from "../lower/lowering.js";
import { clampFloat, clampStored } from "./clamp.js";
import {
  checkPadding,
  checkRank,
  explicitPads,
  imageShape,
  volumeParams,
  windowAttributes,
  windowOf,
} from "./geometry.js";
import type { Operator } from "./operator.js";
import { inferPool, normalisePool, poolParams } from "./pool.js";
import { throughFloat } from "./through_float.js";

const hasIndices = (node: Node) => node.outputs.length > 1;

/** The form with Indices keeps its axes and its layout: the indices count in it. */
function normaliseWithIndices(node: Node, build: GraphBuilder): void {
  const { spatial } = imageShape(node, build.resolve(node.inputs[0]).shape);
  checkRank(node, spatial.length);
  const window = explicitPads(node, windowOf(node, spatial.length), spatial);
  checkPadding(node, window);
  const { storage_order, ceil_mode } = node.attributes;
  build.addNode({ ...node, attributes: { ...windowAttributes(window), ...{ storage_order, ceil_mode } } });
}

/** What an index counts per step along each of three axes: row-major, or column-major for storage_order 1. */
function indexStrides(node: Node, [d, h, w]: readonly number[]) {
  return intAttribute(node, "storage_order", 0) === 0
    ? { index_stride_d: h * w, index_stride_h: w, index_stride_w: 1 }
    : { index_stride_d: 1, index_stride_h: d, index_stride_w: d * h };
}

function lowerWithIndices(node: Node, lowering: Lowering): void {
  const input = imageShape(node, lowering.tensor(node.inputs[0]).shape);
  const output = imageShape(node, lowering.tensor(node.outputs[0]).shape);
  const { spatial } = input;
  lowering.step(
    node,
    "nn_max_pool_indices_f32",
    {
      inputs: [lowering.plain(node.inputs[0])],
      outputs: node.outputs.map((name) => lowering.define(name, "plain")),
    },
    {
      planes: input.batch * input.channels,
      ...volumeParams(windowOf(node, spatial.length), spatial, output.spatial),
      ...indexStrides(node, [...new Array<number>(3 - spatial.length).fill(1), ...spatial]),
    },
  );
}

/** ONNX MaxPool-1, -8, -10, -11, -12, -22. */
export const MaxPool: Operator = {
  name: "MaxPool",
  notes: "1-D to 3-D, dilated, ceil_mode, every padding; with Indices in float32",
  outputs: 2,
  quantize: "shared",
  fusesClamp: true,
  infer(node, [x]) {
    const types = inferPool(node, x!);
    return hasIndices(node) ? [...types, { type: "int64", shape: types[0].shape }] : types;
  },

  normalise(node, build) {
    const { type } = build.resolve(node.inputs[0]);
    if (!["float32", "int8", "uint8"].includes(type)) {
      throw new UserError("E_TYPE", `MaxPool node "${node.name}" does not take ${type} values`, node.name);
    }
    const indices = node.outputs.length > 1 && node.outputs[1] !== "";
    if (type === "uint8" || (indices && type === "int8")) {
      throughFloat(node, build, (real) => MaxPool.normalise!(real, build));
    } else if (indices) normaliseWithIndices({ ...node, outputs: node.outputs.slice(0, 2) }, build);
    else normalisePool(node, build, { ceil_mode: intAttribute(node, "ceil_mode", 0) });
  },

  lowerInt8(node, lowering) {
    const shared = sharedForm(node, lowering);
    if (!shared || hasIndices(node)) return false;
    const { form } = shared;
    const { out_min, out_max } = clampStored(node, shared);
    lowering.step(
      node,
      `nn_max_pool2d_${form}`,
      { inputs: [lowering[form](node.inputs[0])], outputs: [lowering.define(node.outputs[0], form)] },
      { ...poolParams(node, lowering), out_min, out_max },
    );
    return true;
  },

  lowerPlain(node, lowering) {
    if (hasIndices(node)) return lowerWithIndices(node, lowering);
    const real = lowering.tensor(node.inputs[0]).type === "float32";
    lowering.step(
      node,
      real ? "nn_max_pool2d_f32" : "nn_max_pool2d_s8",
      { inputs: [lowering.plain(node.inputs[0])], outputs: [lowering.define(node.outputs[0], "plain")] },
      { ...poolParams(node, lowering), ...(real ? clampFloat(node) : { out_min: -128, out_max: 127 }) },
    );
  },
};
