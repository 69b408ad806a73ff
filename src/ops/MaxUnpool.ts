import { UserError } from "../errors.js";
import { intsAttribute } from "../graph/attributes.js";
import { bytesPerElement, elementCount, type Node } from "../graph/ir.js";
import { imageShape, windowOf } from "./geometry.js";
import type { Operator } from "./operator.js";
import { constantInts } from "./reshape.js";

function fail(node: Node, reason: string): never {
  throw new UserError("E_SHAPE", `MaxUnpool node "${node.name}": ${reason}`, node.name);
}

/** ONNX MaxUnpool-9, -11, -22. Canonical: attribute `shape` of the tensor that the indices count in. */
export const MaxUnpool: Operator = {
  name: "MaxUnpool",
  inputs: [2, 3],
  notes: "constant output shape; float32 in int8 models",
  infer: (node, [x]) => [{ type: x!.type, shape: intsAttribute(node, "shape")! }],

  /** A larger output_shape holds the pooled tensor's extent in its corner. */
  normalise(node, build) {
    const x = build.resolve(node.inputs[0]);
    const indices = build.resolve(node.inputs[1]);
    const { spatial, batch, channels } = imageShape(node, x.shape);
    const rank = spatial.length;
    if (indices.type !== "int64" || elementCount(indices.shape) !== elementCount(x.shape)) {
      fail(node, `indices [${indices.shape}] of ${indices.type} do not fit input [${x.shape}]`);
    }
    const { kernel, strides, pads } = windowOf(node, rank);
    const sizes = spatial.map((size, i) => (size - 1) * strides[i] - (pads[i] + pads[i + rank]) + kernel[i]);
    const shape = [batch, channels, ...sizes];
    if (shape.some((size) => size < 1)) fail(node, `the output would be [${shape}]`);
    const wanted = constantInts(node, build, 2, "output_shape") ?? shape;
    if (wanted.length !== shape.length || wanted.some((size, i) => size < shape[i])) {
      fail(node, `output_shape [${wanted}] does not hold the unpooled [${shape}]`);
    }
    const ends = wanted.map((size, i) => size - shape[i]);
    const padded = ends.some((end) => end > 0);
    const y = build.add(node, "MaxUnpool", [x.name, indices.name], { shape }, padded ? undefined : node.outputs[0]);
    if (padded) {
      build.add(node, "Pad", [y], { pads: [...ends.map(() => 0), ...ends], value: 0 }, node.outputs[0]);
    }
  },

  lowerPlain(node, lowering) {
    const { type, shape } = lowering.tensor(node.inputs[0]);
    lowering.step(
      node,
      "nn_max_unpool",
      {
        inputs: [lowering.plain(node.inputs[0]), lowering.plain(node.inputs[1])],
        outputs: [lowering.define(node.outputs[0], "plain")],
      },
      {
        element_bytes: bytesPerElement(type),
        count: elementCount(shape),
        out_count: elementCount(lowering.tensor(node.outputs[0]).shape),
      },
    );
  },
};
