/** Operators whose outputs are known at generation time: Constant, ConstantOfShape, Shape, Size, Cast, Gather, Slice. */
import { UserError } from "../errors.js";
import { intAttribute, intsAttribute, normaliseAxis, tensorAttribute } from "../graph/attributes.js";
import { checkElementCount } from "../graph/builder.js";
import type { ElementType, Node, Tensor, TypedArray } from "../graph/ir.js";
import { elementCount, fromNumbers, newArray, strides, toNumbers } from "../graph/ir.js";
import type { Operator } from "./operator.js";
import { constantInts } from "./reshape.js";

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

function foldOnly(
  name: string,
  inputs: readonly [number, number],
  notes: string,
  fold: (node: Node, inputs: Tensor[]) => Tensor,
): Operator {
  return {
    name,
    inputs,
    notes,
    normalise(node, build) {
      const values = node.inputs.map((_, i) => build.optional(node, i));
      if (values.some((input, i) => node.inputs[i] !== "" && !input!.data)) {
        throw new UserError(
          "E_OPERATOR_UNSUPPORTED",
          `${name} node "${node.name}" works on computed values; it is supported on constants (shape arithmetic) only`,
          node.name,
        );
      }
      const result = fold(
        node,
        values.filter((input) => input !== undefined),
      );
      build.addConstant(node.outputs[0], result.type, result.shape, result.data!);
    },
  };
}

/** TensorProto.DataType -> element type. */
const CAST_TYPES: Readonly<Record<number, ElementType>> = {
  1: "float32",
  2: "uint8",
  3: "int8",
  4: "uint16",
  5: "int16",
  6: "int32",
  7: "int64",
  9: "bool",
  11: "float64",
  12: "uint32",
  13: "uint64",
};

/** ONNX Cast-6 to -24 of constants. */
export const Cast = foldOnly("Cast", [1, 1], "constants only", (node, [x]) => {
  const type = CAST_TYPES[intAttribute(node, "to", 0)];
  if (!type) {
    throw new UserError(
      "E_TYPE",
      `Cast node "${node.name}": element type ${node.attributes.to} is not supported`,
      node.name,
    );
  }
  const values = toNumbers(x.data!);
  const data = fromNumbers(type, type === "bool" ? values.map((v) => (v === 0 ? 0 : 1)) : values);
  return { name: node.outputs[0], type, shape: x.shape, data };
});

/** ONNX Gather-1, -11, -13 of constants. */
export const Gather = foldOnly("Gather", [2, 2], "constants only", (node, [x, indices]) => {
  const axis = normaliseAxis(node, intAttribute(node, "axis", 0), x.shape.length);
  const inner = elementCount(x.shape.slice(axis + 1));
  const outer = elementCount(x.shape.slice(0, axis));
  const picks = toNumbers(indices.data!).map((i) => (i < 0 ? i + x.shape[axis] : i));
  if (picks.some((i) => !(i >= 0 && i < x.shape[axis]))) {
    throw new UserError("E_SHAPE", `Gather node "${node.name}": an index is outside axis ${axis}`, node.name);
  }
  const data = newArray(x.type, outer * picks.length * inner) as Float64Array;
  let at = 0;
  for (let o = 0; o < outer; o++) {
    for (const pick of picks) {
      const from = (o * x.shape[axis] + pick) * inner;
      data.set((x.data as Float64Array).subarray(from, from + inner), at);
      at += inner;
    }
  }
  const shape = [...x.shape.slice(0, axis), ...indices.shape, ...x.shape.slice(axis + 1)];
  return { name: node.outputs[0], type: x.type, shape, data: data as TypedArray };
});

/** ONNX Slice-1 (attributes), -10, -11, -13 (inputs) of constants. */
export const Slice = foldOnly("Slice", [1, 5], "constants only", (node, [x, ...rest]) => {
  const given = (index: number, name: string) =>
    rest[index] ? toNumbers(rest[index].data!) : intsAttribute(node, name)?.slice();
  const starts = given(0, "starts") ?? [];
  const ends = given(1, "ends") ?? [];
  const axes = (given(2, "axes") ?? starts.map((_, i) => i)).map((a) => normaliseAxis(node, a, x.shape.length));
  const steps = given(3, "steps") ?? starts.map(() => 1);
  const first = x.shape.map(() => 0);
  const step = x.shape.map(() => 1);
  const shape = [...x.shape];
  axes.forEach((axis, i) => {
    const size = x.shape[axis];
    const clamp = (v: number, low: number, high: number) => Math.max(low, Math.min(high, v < 0 ? v + size : v));
    const forward = steps[i] > 0;
    if (!Number.isInteger(steps[i]) || steps[i] === 0) {
      throw new UserError("E_SHAPE", `Slice node "${node.name}": step ${steps[i]} is not possible`, node.name);
    }
    first[axis] = clamp(starts[i], 0, forward ? size : size - 1);
    step[axis] = steps[i];
    shape[axis] = Math.max(0, Math.ceil((clamp(ends[i], forward ? 0 : -1, size) - first[axis]) / steps[i]));
  });
  const own = strides(x.shape);
  const local = strides(shape);
  const data = newArray(x.type, elementCount(shape)) as Float64Array;
  for (let i = 0; i < data.length; i++) {
    let from = 0;
    for (let axis = 0; axis < shape.length; axis++) {
      const index = Math.floor(i / local[axis]) % shape[axis];
      from += (first[axis] + index * step[axis]) * own[axis];
    }
    data[i] = (x.data as Float64Array)[from];
  }
  return { name: node.outputs[0], type: x.type, shape, data: data as TypedArray };
});
