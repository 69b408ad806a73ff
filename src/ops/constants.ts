/** Operators whose outputs are known at generation time. */
import { UserError } from "../errors.js";
import { intAttribute, tensorAttribute } from "../graph/attributes.js";
import { checkElementCount } from "../graph/builder.js";
import type { ElementType, Node, Tensor } from "../graph/ir.js";
import { elementCount, fromNumbers, newArray } from "../graph/ir.js";
import { elementTypeOf } from "../onnx/element_types.js";
import type { Operator } from "./operator.js";
import { constantInts, requireConstant } from "./reshape.js";
import { refuseShape } from "./rewrite.js";

/** ONNX Constant-1 to -24 with a tensor, number or list of numbers. */
export const Constant: Operator = {
  name: "Constant",
  inputs: [0, 0],
  notes: "tensors, numbers and lists of numbers",
  normalise(node, build) {
    const tensor = tensorAttribute(node, "value") ?? fromAttribute(node);
    build.addConstant(node.outputs[0], tensor.type, tensor.shape, tensor.data!, tensor.quantization);
  },
};

function fromAttribute(node: Node): Tensor {
  const { value_float, value_floats, value_int, value_ints } = node.attributes;
  const one = (type: ElementType, value: number): Tensor => ({
    name: node.name,
    type,
    shape: [],
    data: fromNumbers(type, [value]),
  });
  if (typeof value_float === "number") return one("float32", value_float);
  if (typeof value_int === "number") return one("int64", value_int);
  const list = (value_floats ?? value_ints) as readonly number[] | undefined;
  if (!list) {
    throw new UserError(
      "E_OPERATOR_UNSUPPORTED",
      `Constant node "${node.name}" holds neither a tensor nor numbers`,
      node.name,
    );
  }
  const type = value_floats ? "float32" : "int64";
  return { name: node.name, type, shape: [list.length], data: fromNumbers(type, list) };
}

/** ONNX ConstantOfShape-9. */
export const ConstantOfShape: Operator = {
  name: "ConstantOfShape",
  notes: "constant shape",
  normalise(node, build) {
    const shape = constantInts(node, build, 0, "the shape")!;
    checkElementCount(shape, node.outputs[0]);
    const value = tensorAttribute(node, "value");
    const type = value?.type ?? "float32";
    const data = newArray(type, elementCount(shape)) as Float64Array;
    if (value?.data?.length === 0) refuseShape(node, "its value has no element");
    if (value?.data) data.fill((value.data as Float64Array)[0]);
    build.addConstant(node.outputs[0], type, shape, data);
  },
};

/** ONNX Shape-1, -13, -15 (start, end). */
export const Shape: Operator = {
  name: "Shape",
  normalise(node, build) {
    const { shape } = build.resolve(node.inputs[0]);
    const end = node.attributes.end === undefined ? shape.length : intAttribute(node, "end", 0);
    const part = shape.slice(intAttribute(node, "start", 0), end);
    build.addConstant(node.outputs[0], "int64", [part.length], fromNumbers("int64", part));
  },
};

/** ONNX Size-1, -13 to -23. */
export const Size: Operator = {
  name: "Size",
  normalise(node, build) {
    const { shape } = build.resolve(node.inputs[0]);
    build.addConstant(node.outputs[0], "int64", [], fromNumbers("int64", [elementCount(shape)]));
  },
};

/** ONNX EyeLike-9, -22. */
export const EyeLike: Operator = {
  name: "EyeLike",
  normalise(node, build) {
    const x = build.resolve(node.inputs[0]);
    const type = node.attributes.dtype === undefined ? x.type : elementTypeOf(intAttribute(node, "dtype", 0));
    if (!type) {
      throw new UserError("E_TYPE", `EyeLike node "${node.name}": its dtype is not supported`, node.name);
    }
    if (x.shape.length !== 2) {
      throw new UserError("E_SHAPE", `EyeLike node "${node.name}": [${x.shape}] is no matrix`, node.name);
    }
    checkElementCount(x.shape, node.outputs[0]);
    const [rows, columns] = x.shape;
    const k = intAttribute(node, "k", 0);
    const ones = Array.from({ length: rows * columns }, (_, i) =>
      Number((i % columns) - Math.floor(i / columns) === k),
    );
    build.addConstant(node.outputs[0], type, x.shape, fromNumbers(type, ones));
  },
};

/** ONNX Range-11, -27. */
export const Range: Operator = {
  name: "Range",
  inputs: [3, 3],
  notes: "constant start, limit and delta",
  normalise(node, build) {
    const [start, limit, delta] = node.inputs.map((name, i) => {
      const { type, data } = requireConstant(node, build.resolve(name), ["the start", "the limit", "the delta"][i]);
      return { type, value: Number(data![0]) };
    });
    const count = Math.max(0, Math.ceil((limit.value - start.value) / delta.value));
    if (!Number.isFinite(count) || start.type !== limit.type || start.type !== delta.type) {
      throw new UserError(
        "E_SHAPE",
        `Range node "${node.name}" from ${start.value} to ${limit.value} by ${delta.value} has no length, or mixes types`,
        node.name,
      );
    }
    checkElementCount([count], node.outputs[0]);
    const values = Array.from({ length: count }, (_, i) => start.value + i * delta.value);
    build.addConstant(node.outputs[0], start.type, [count], fromNumbers(start.type, values));
  },
};
