import { UserError } from "../errors.js";
import { intAttribute, normaliseAxis } from "../graph/attributes.js";
import type { Node } from "../graph/ir.js";
import { elementCount, newArray } from "../graph/ir.js";
import { elementBytes, type Form, type Lowering } from "../lower/lowering.js";
import type { Operator } from "./operator.js";
import { lookupTable } from "./unary.js";

function addStep(node: Node, lowering: Lowering, inputs: readonly number[], form: Form): void {
  const axis = intAttribute(node, "axis", 0);
  const shapes = node.inputs.map((name) => lowering.tensor(name).shape);
  const bytes = elementBytes(form, lowering.tensor(node.inputs[0]).type);
  lowering.step(
    node,
    "nn_concat",
    { inputs, outputs: [lowering.define(node.outputs[0], form)] },
    { input_count: inputs.length, outer: elementCount(shapes[0].slice(0, axis)) },
    { block_bytes: Int32Array.from(shapes, (shape) => elementCount(shape.slice(axis)) * bytes) },
  );
}

/** ONNX Concat-4, -11, -13. */
export const Concat: Operator = {
  name: "Concat",
  inputs: [1, Number.POSITIVE_INFINITY],
  quantize: "shared",
  infer(node, inputs) {
    const first = inputs[0]!;
    const axis = intAttribute(node, "axis", 0);
    for (const other of inputs) {
      const fits =
        other!.shape.length === first.shape.length &&
        other!.type === first.type &&
        first.shape.every((size, i) => i === axis || size === other!.shape[i]);
      if (!fits) {
        throw new UserError(
          "E_SHAPE",
          `Concat node "${node.name}": [${other!.shape}] does not fit beside [${first.shape}] along axis ${axis}`,
          node.name,
        );
      }
    }
    const total = inputs.reduce((sum, x) => sum + x!.shape[axis], 0);
    return [{ type: first.type, shape: first.shape.map((size, i) => (i === axis ? total : size)) }];
  },

  fold(node, inputs, [out]) {
    const axis = intAttribute(node, "axis", 0);
    const result = newArray(out.type, elementCount(out.shape)) as Float64Array;
    let at = 0;
    for (let outer = 0; outer < elementCount(out.shape.slice(0, axis)); outer++) {
      for (const x of inputs) {
        const block = elementCount(x.shape.slice(axis));
        result.set((x.data as Float64Array).subarray(outer * block, (outer + 1) * block), at);
        at += block;
      }
    }
    return [result];
  },

  permute: (node, perm) => ({ axis: perm[intAttribute(node, "axis", 0)] }),

  normalise(node, build) {
    if (node.attributes.axis === undefined || node.inputs.includes("")) {
      throw new UserError(
        "E_SHAPE",
        `Concat node "${node.name}": attribute axis or an input is missing; re-export the model`,
        node.name,
      );
    }
    const rank = build.resolve(node.inputs[0]).shape.length;
    const axis = normaliseAxis(node, intAttribute(node, "axis", 1), rank);
    build.add(node, "Concat", node.inputs, { axis }, node.outputs[0]);
  },

  /** An int8 input of another scale is brought to the output's by a table first. */
  lowerInt8(node, lowering) {
    const wide = [...node.inputs, node.outputs[0]].map((name) => lowering.stored(name));
    if (wide.every((q) => q?.form === "s16" && q.scale === wide[0]?.scale)) {
      addStep(
        node,
        lowering,
        node.inputs.map((name) => lowering.s16(name)),
        "s16",
      );
      return true;
    }
    const output = lowering.quantization(node.outputs[0]);
    const scales = node.inputs.map((name) => lowering.quantization(name));
    if (!output || scales.some((q) => !q)) return false;
    const inputs = node.inputs.map((name, i) => {
      const q = scales[i]!;
      if (q.scale === output.scale && q.zeroPoint === output.zeroPoint) return lowering.s8(name);
      const { shape } = lowering.tensor(name);
      const aligned = lowering.temporary("int8", shape, output);
      lowering.step(
        node,
        "nn_lut_s8",
        { inputs: [lowering.s8(name)], outputs: [aligned] },
        { count: elementCount(shape) },
        { table: lookupTable((x) => x, q, output) },
      );
      return aligned;
    });
    addStep(node, lowering, inputs, "s8");
    return true;
  },
  lowerPlain: (node, lowering) =>
    addStep(
      node,
      lowering,
      node.inputs.map((name) => lowering.plain(name)),
      "plain",
    ),
};
