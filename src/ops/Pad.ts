import { UserError } from "../errors.js";
import { floatAttribute, intsAttribute, normaliseAxis, stringAttribute } from "../graph/attributes.js";
import type { Node } from "../graph/ir.js";
import { type Lowering, sharedQuantization } from "../lower/lowering.js";
import { roundHalfEven } from "../numerics/requantize.js";
import { LOOP_AXES } from "./broadcast.js";
import type { Operator } from "./operator.js";
import { constantInts } from "./reshape.js";

function addStep(node: Node, lowering: Lowering, form: "s8" | "f32", valueBits: number): void {
  const input = lowering.tensor(node.inputs[0]).shape;
  const output = lowering.tensor(node.outputs[0]).shape;
  const pads = intsAttribute(node, "pads")!;
  const lead = (values: readonly number[], fill: number) => [
    ...new Array<number>(LOOP_AXES - values.length).fill(fill),
    ...values,
  ];
  lowering.step(
    node,
    "nn_pad",
    { inputs: [lowering[form](node.inputs[0])], outputs: [lowering.define(node.outputs[0], form)] },
    {
      element_bytes: form === "s8" ? 1 : 4,
      in_shape: lead(input, 1),
      pad_begin: lead(pads.slice(0, input.length), 0),
      out_shape: lead(output, 1),
      value_bits: valueBits,
    },
  );
}

/** ONNX Pad-2 (attributes), -11, -13, -18 and later (inputs), constant mode, pads >= 0. */
export const Pad: Operator = {
  name: "Pad",
  inputs: [1, 4],
  notes: "constant mode, rank up to 6, pads not negative",
  quantize: "shared",
  infer(node, [x]) {
    const pads = intsAttribute(node, "pads")!;
    const rank = x!.shape.length;
    return [{ type: x!.type, shape: x!.shape.map((size, i) => size + pads[i] + pads[i + rank]) }];
  },

  permute(node, perm) {
    const pads = intsAttribute(node, "pads")!;
    const moved = new Array<number>(pads.length);
    perm.forEach((axis, i) => {
      moved[axis] = pads[i];
      moved[axis + perm.length] = pads[i + perm.length];
    });
    return { pads: moved };
  },

  normalise(node, build) {
    const x = build.resolve(node.inputs[0]);
    const rank = x.shape.length;
    const mode = stringAttribute(node, "mode", "constant");
    const given = constantInts(node, build, 1, "pads") ?? [...(intsAttribute(node, "pads") ?? [])];
    const axes = (constantInts(node, build, 3, "axes") ?? x.shape.map((_, i) => i)).map((axis) =>
      normaliseAxis(node, axis, rank),
    );
    const value = build.optional(node, 2);
    if (mode !== "constant" || given.some((pad) => pad < 0) || rank > LOOP_AXES || (value && !value.data)) {
      throw new UserError(
        "E_OPERATOR_UNSUPPORTED",
        `Pad node "${node.name}" (mode ${mode}, rank ${rank}, pads [${given}]): only constant mode up to rank ${LOOP_AXES} without negative pads is supported`,
        node.name,
      );
    }
    if (given.length !== 2 * axes.length || given.some((pad) => pad > 2 ** 24)) {
      throw new UserError("E_SHAPE", `Pad node "${node.name}": pads [${given}] do not fit rank ${rank}`, node.name);
    }
    const pads = new Array<number>(2 * rank).fill(0);
    axes.forEach((axis, i) => {
      pads[axis] = given[i];
      pads[axis + rank] = given[i + axes.length];
    });
    const constant = value ? Number(value.data![0]) : floatAttribute(node, "value", 0);
    build.add(node, "Pad", [x.name], { pads, value: constant }, node.outputs[0]);
  },

  lowerInt8(node, lowering) {
    const input = sharedQuantization(node, lowering);
    if (!input) return false;
    const value = roundHalfEven(floatAttribute(node, "value", 0) / input.scale) + input.zeroPoint;
    addStep(node, lowering, "s8", Math.max(-128, Math.min(127, value)));
    return true;
  },

  lowerFloat32(node, lowering) {
    const bits = new Int32Array(Float32Array.of(floatAttribute(node, "value", 0)).buffer)[0];
    addStep(node, lowering, "f32", bits);
  },
};
