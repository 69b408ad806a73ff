/**
 * Operators whose output length depends on the data. The output has room for the longest, and a further output of the
 * canonical node, int32 [], is its length: GraphBuilder.addCounted.
 */
import { UserError } from "../errors.js";
import { intAttribute, normaliseAxis } from "../graph/attributes.js";
import { bytesPerElement, elementCount, type Node, toNumbers } from "../graph/ir.js";
import { type Lowering, sharedQuantization } from "../lower/lowering.js";
import { dataTypeNumber } from "../onnx/element_types.js";
import type { Operator } from "./operator.js";

const COUNT = { type: "int32", shape: [] } as const;

function compressStep(node: Node, lowering: Lowering, form: "s8" | "plain"): void {
  const [x, condition] = node.inputs.map((name) => lowering.tensor(name));
  const axis = intAttribute(node, "axis", 0);
  lowering.step(
    node,
    "nn_compress",
    {
      inputs: [lowering[form](x.name), lowering.plain(condition.name)],
      outputs: [lowering.define(node.outputs[0], form), lowering.define(node.outputs[1], "plain")],
    },
    {
      outer: elementCount(x.shape.slice(0, axis)),
      size: x.shape[axis],
      chosen: condition.shape[0],
      block_bytes: elementCount(x.shape.slice(axis + 1)) * (form === "s8" ? 1 : bytesPerElement(x.type)),
    },
  );
}

/** ONNX Compress-9, -11. A constant condition chooses at generation time. */
export const Compress: Operator = {
  name: "Compress",
  inputs: [2, 2],
  notes: "the length of the output is a further output",
  quantize: "shared",
  normalise(node, build) {
    const x = build.resolve(node.inputs[0]);
    const condition = build.resolve(node.inputs[1]);
    const flat = node.attributes.axis === undefined;
    const axis = flat ? 0 : normaliseAxis(node, intAttribute(node, "axis", 0), x.shape.length);
    const shape = flat ? [elementCount(x.shape)] : x.shape;
    if (condition.type !== "bool" || condition.shape.length !== 1) {
      throw new UserError("E_TYPE", `Compress node "${node.name}": the condition is no list of bools`, node.name);
    }
    const input = flat ? build.add(node, "Reshape", [x.name], { shape }) : x.name;
    if (condition.data) {
      const chosen = toNumbers(condition.data).slice(0, shape[axis]);
      const indices = Int32Array.from(chosen.flatMap((c, i) => (c === 0 ? [] : [i])));
      const table = build.addConstant(build.uniqueName(`${node.name}_indices`), "int32", [indices.length], indices);
      build.add(node, "Gather", [input, table], { axis }, node.outputs[0]);
      return;
    }
    build.addCounted({ ...node, inputs: [input, condition.name], attributes: { axis } }, [axis]);
  },
  infer(node, [x, condition]) {
    const axis = intAttribute(node, "axis", 0);
    const size = Math.min(x!.shape[axis], condition!.shape[0]);
    return [{ type: x!.type, shape: x!.shape.with(axis, size) }, COUNT];
  },
  lowerInt8(node, lowering) {
    if (!sharedQuantization(node, lowering)) return false;
    compressStep(node, lowering, "s8");
    return true;
  },
  lowerPlain: (node, lowering) => compressStep(node, lowering, "plain"),
};

/** Axes that the kernel counts through. */
const NONZERO_AXES = 8;

/** ONNX NonZero-9, -13: indices of the elements that are not 0, one row per axis. */
export const NonZero: Operator = {
  name: "NonZero",
  notes: "rank up to 8; the length of the output is a further output",
  normalise(node, build) {
    const x = build.resolve(node.inputs[0]);
    if (x.shape.length > NONZERO_AXES) {
      throw new UserError(
        "E_OPERATOR_UNSUPPORTED",
        `NonZero node "${node.name}" has rank ${x.shape.length}; up to ${NONZERO_AXES} are supported`,
        node.name,
      );
    }
    const truth = x.type === "bool" ? x.name : build.add(node, "Cast", [x.name], { to: dataTypeNumber("bool") });
    const input = x.shape.length === 0 ? build.add(node, "Reshape", [truth], { shape: [1] }) : truth;
    build.addCounted({ ...node, inputs: [input] }, [1]);
  },
  infer: (_node, [x]) => [{ type: "int64", shape: [x!.shape.length, elementCount(x!.shape)] }, COUNT],
  lowerPlain(node, lowering) {
    const { shape } = lowering.tensor(node.inputs[0]);
    lowering.step(
      node,
      "nn_nonzero",
      {
        inputs: [lowering.plain(node.inputs[0])],
        outputs: [lowering.define(node.outputs[0], "plain"), lowering.define(node.outputs[1], "plain")],
      },
      { rank: shape.length, shape: Array.from({ length: NONZERO_AXES }, (_, i) => shape[i] ?? 1) },
    );
  },
};
