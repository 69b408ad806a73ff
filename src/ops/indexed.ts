/**
 * Operators that take indices from a tensor: the Gather and Scatter families. Indices are int32 or int64, negative ones
 * count from the end. Constant ones are checked; those computed at run time are clamped to their axis, so that no index
 * reads or writes outside the tensor.
 */
import { UserError } from "../errors.js";
import { intAttribute, normaliseAxis, stringAttribute } from "../graph/attributes.js";
import type { GraphBuilder } from "../graph/builder.js";
import { bytesPerElement, elementCount, type Node, type Shape, strides, toNumbers } from "../graph/ir.js";
import { elementOf } from "../kernels/families/elements.js";
import { type ScatterName, scatterKernelName } from "../kernels/families/scatter.js";
import { INDEXED_AXES, type IndexedParams } from "../kernels/indexed.js";
import { elementBytes, type Form, type Lowering, perTensor } from "../lower/lowering.js";
import { requireLoops } from "./broadcast.js";
import type { Operator } from "./operator.js";

function fail(node: Node, reason: string): never {
  throw new UserError("E_SHAPE", `${node.operator} node "${node.name}": ${reason}`, node.name);
}

/** Where the tuples of a node address: what the kernels loop over, and the elements in a block. */
interface Addressing extends Omit<IndexedParams, "index_bytes"> {
  readonly block: number;
}

const filled = (values: readonly number[], fill: number) =>
  Array.from({ length: INDEXED_AXES }, (_, i) => values[i] ?? fill);

const axisOf = (node: Node) => intAttribute(node, "axis", 0);

/** One index per block along `axis`; the blocks are what lies behind the axis. */
function alongAxis(node: Node, data: Shape, indices: Shape): Addressing {
  const axis = axisOf(node);
  const block = elementCount(data.slice(axis + 1));
  const outer = elementCount(data.slice(0, axis));
  const loops = requireLoops(node, [outer, elementCount(indices)], [data[axis], 0], [0, 1]);
  return {
    ...{ depth: 1, size: filled([data[axis]], 1), stride: filled([1], 0), block },
    ...{ shape: loops.shape, base_stride: loops.strides[0], index_stride: loops.strides[1] },
  };
}

/** One index per element, which replaces its position along `axis`. */
function elementwise(node: Node, data: Shape, indices: Shape): Addressing {
  const axis = axisOf(node);
  const own = strides(data);
  const loops = requireLoops(node, indices, own.with(axis, 0), strides(indices));
  return {
    ...{ depth: 1, size: filled([data[axis]], 1), stride: filled([own[axis]], 0), block: 1 },
    ...{ shape: loops.shape, base_stride: loops.strides[0], index_stride: loops.strides[1] },
  };
}

/** The last axis of the indices holds tuples: positions along the axes behind the batch axes. */
function byTuple(node: Node, data: Shape, indices: Shape): Addressing {
  const batch = intAttribute(node, "batch_dims", 0);
  const depth = indices.at(-1)!;
  const block = elementCount(data.slice(batch + depth));
  const batches = elementCount(data.slice(0, batch));
  const count = elementCount(indices.slice(batch, -1));
  const loops = requireLoops(
    node,
    [batches, count],
    [elementCount(data.slice(batch, batch + depth)), 0],
    [count * depth, depth],
  );
  return {
    ...{ depth, size: filled(data.slice(batch, batch + depth), 1), block },
    stride: filled(strides(data.slice(batch, batch + depth)), 0),
    ...{ shape: loops.shape, base_stride: loops.strides[0], index_stride: loops.strides[1] },
  };
}

type Address = typeof alongAxis;

/** Sizes of the axes that the indices count along, one after the other. */
type Sizes = readonly number[];

/** The indices; constant ones as int32, checked and not negative. */
function checkedIndices(node: Node, build: GraphBuilder, name: string, sizes: Sizes): string {
  const indices = build.resolve(name);
  if (indices.type !== "int32" && indices.type !== "int64") {
    throw new UserError(
      "E_TYPE",
      `${node.operator} node "${node.name}": indices are ${indices.type}, not int32 or int64`,
      node.name,
    );
  }
  if (!indices.data) return indices.name;
  const positions = toNumbers(indices.data).map((given, i) => {
    const size = sizes[i % sizes.length];
    const position = given < 0 ? given + size : given;
    if (!(position >= 0 && position < size)) fail(node, `index ${given} is outside an axis of size ${size}`);
    return position;
  });
  const stem = build.uniqueName(`${node.name}_indices`);
  return build.addConstant(stem, "int32", indices.shape, Int32Array.from(positions));
}

/** Throws E_SHAPE where indices address an axis without elements. */
function checkSizes(node: Node, indices: Shape, sizes: Sizes): void {
  if (elementCount(indices) > 0 && sizes.includes(0)) fail(node, "indices address an axis of size 0");
}

function gather(
  name: string,
  notes: string,
  address: Address,
  shapeOf: (node: Node, data: Shape, indices: Shape) => Shape,
  more: Pick<Operator, "normalise" | "permute">,
): Operator {
  const add = (node: Node, lowering: Lowering, form: Form) => {
    const [data, indices] = node.inputs.map((input) => lowering.tensor(input));
    const { block, ...walk } = address(node, data.shape, indices.shape);
    lowering.step(
      node,
      "nn_gather",
      {
        inputs: [lowering[form](data.name), lowering.plain(indices.name)],
        outputs: [lowering.define(node.outputs[0], form)],
      },
      { block_bytes: block * elementBytes(form, data.type), index_bytes: bytesPerElement(indices.type), ...walk },
    );
  };
  return {
    name,
    inputs: [2, 2],
    notes,
    quantize: "shared",
    infer: (node, [data, indices]) => [{ type: data!.type, shape: shapeOf(node, data!.shape, indices!.shape) }],
    ...more,
    lowerInt8(node, lowering) {
      if (!sameScale(lowering, [node.inputs[0], node.outputs[0]])) return false;
      add(node, lowering, "s8");
      return true;
    },
    lowerPlain: (node, lowering) => add(node, lowering, "plain"),
  };
}

/** Whether the values are all stored in int8 with one scale. */
export function sameScale(lowering: Lowering, names: readonly string[]): boolean {
  const [first, ...others] = names.map((name) => perTensor(lowering.tensor(name)));
  return first !== undefined && others.every((q) => q && q.scale === first.scale && q.zeroPoint === first.zeroPoint);
}

const replaced = (shape: Shape, axis: number, by: Shape) => [...shape.slice(0, axis), ...by, ...shape.slice(axis + 1)];

const CLAMPED = "indices beyond their axis are clamped to it at run time";

/** ONNX Gather-1, -11, -13. */
export const Gather: Operator = gather(
  "Gather",
  CLAMPED,
  alongAxis,
  (node, data, indices) => replaced(data, axisOf(node), indices),
  {
    normalise(node, build) {
      const { shape } = build.resolve(node.inputs[0]);
      const axis = normaliseAxis(node, axisOf(node), shape.length);
      checkSizes(node, build.resolve(node.inputs[1]).shape, [shape[axis]]);
      const indices = checkedIndices(node, build, node.inputs[1], [shape[axis]]);
      build.add(node, "Gather", [node.inputs[0], indices], { axis }, node.outputs[0]);
    },
  },
);

/** ONNX GatherElements-11, -13. */
export const GatherElements: Operator = gather(
  "GatherElements",
  CLAMPED,
  elementwise,
  (_node, _data, indices) => indices,
  {
    normalise(node, build) {
      const { shape } = build.resolve(node.inputs[0]);
      const axis = normaliseAxis(node, axisOf(node), shape.length);
      checkElementwise(node, axis, shape, build.resolve(node.inputs[1]).shape);
      const indices = checkedIndices(node, build, node.inputs[1], [shape[axis]]);
      build.add(node, "GatherElements", [node.inputs[0], indices], { axis }, node.outputs[0]);
    },
  },
);

function checkElementwise(node: Node, axis: number, data: Shape, indices: Shape): void {
  const fits = indices.length === data.length && indices.every((size, i) => i === axis || size <= data[i]);
  if (!fits) fail(node, `indices of shape [${indices}] do not fit [${data}] beside axis ${axis}`);
  checkSizes(node, indices, [data[axis]]);
}

/** Sizes of the axes that tuples address. Throws E_SHAPE, E_OPERATOR_UNSUPPORTED. */
function tupleSizes(node: Node, data: Shape, indices: Shape, batch: number): Sizes {
  const depth = indices.at(-1);
  const fits =
    depth !== undefined &&
    batch >= 0 &&
    batch < indices.length &&
    batch + depth <= data.length &&
    data.slice(0, batch).every((size, i) => size === indices[i]);
  if (!fits) fail(node, `indices of shape [${indices}] do not fit [${data}] with ${batch} batch axes`);
  if (depth > INDEXED_AXES) {
    throw new UserError(
      "E_OPERATOR_UNSUPPORTED",
      `${node.operator} node "${node.name}": tuples of ${depth} indices; up to ${INDEXED_AXES} are supported`,
      node.name,
    );
  }
  const sizes = data.slice(batch, batch + depth);
  checkSizes(node, indices, sizes);
  return sizes;
}

/** ONNX GatherND-11, -12, -13. */
export const GatherND: Operator = gather(
  "GatherND",
  CLAMPED,
  byTuple,
  (node, data, indices) => [
    ...indices.slice(0, -1),
    ...data.slice(intAttribute(node, "batch_dims", 0) + indices.at(-1)!),
  ],
  {
    normalise(node, build) {
      const batch = intAttribute(node, "batch_dims", 0);
      const { shape } = build.resolve(node.inputs[0]);
      const sizes = tupleSizes(node, shape, build.resolve(node.inputs[1]).shape, batch);
      const indices = checkedIndices(node, build, node.inputs[1], sizes);
      build.add(node, "GatherND", [node.inputs[0], indices], { batch_dims: batch }, node.outputs[0]);
    },
  },
);

const REDUCTIONS: Readonly<Record<string, readonly [onNumbers: ScatterName, onBools: ScatterName]>> = {
  add: ["add", "or"],
  mul: ["mul", "and"],
  min: ["min", "and"],
  max: ["max", "or"],
};

function scatter(name: string, address: Address, normalise: Operator["normalise"]): Operator {
  const add = (node: Node, lowering: Lowering, form: Form) => {
    const [data, indices] = node.inputs.map((input) => lowering.tensor(input));
    const { block, ...walk } = address(node, data.shape, indices.shape);
    const total = elementCount(data.shape);
    const type = form === "s8" ? "int8" : data.type;
    const bytes = bytesPerElement(type);
    const reduction = REDUCTIONS[stringAttribute(node, "reduction", "none")]?.[type === "bool" ? 1 : 0];
    lowering.step(
      node,
      reduction ? scatterKernelName(reduction, elementOf(type)) : "nn_scatter",
      {
        inputs: [lowering[form](data.name), lowering.plain(indices.name), lowering[form](node.inputs[2])],
        outputs: [lowering.define(node.outputs[0], form)],
      },
      {
        ...(reduction ? { total, block } : { total_bytes: total * bytes, block_bytes: block * bytes }),
        index_bytes: bytesPerElement(indices.type),
        ...walk,
      },
    );
  };
  return {
    name,
    inputs: [3, 3],
    notes: `${CLAMPED}; add and mul of int8 models in float32`,
    quantize: "shared",
    normalise,
    infer: (_node, [data]) => [{ type: data!.type, shape: data!.shape }],
    lowerInt8(node, lowering) {
      const reduction = stringAttribute(node, "reduction", "none");
      // Order is kept by a scale, sums and products are not.
      if (reduction === "add" || reduction === "mul") return false;
      if (!sameScale(lowering, [node.inputs[0], node.inputs[2], node.outputs[0]])) return false;
      add(node, lowering, "s8");
      return true;
    },
    lowerPlain: (node, lowering) => add(node, lowering, "plain"),
  };
}

/** Adds the canonical node, or an alias where there is nothing to scatter. Throws E_SHAPE, E_TYPE. */
function addScatter(
  node: Node,
  build: GraphBuilder,
  operator: string,
  indices: string,
  updateShape: Shape,
  attributes: Readonly<Record<string, number>>,
): void {
  const [data, updates] = [node.inputs[0], node.inputs[2]].map((name) => build.resolve(name));
  const reduction = stringAttribute(node, "reduction", "none");
  if (reduction !== "none" && !(reduction in REDUCTIONS)) {
    throw new UserError(
      "E_OPERATOR_UNSUPPORTED",
      `${node.operator} node "${node.name}": reduction ${JSON.stringify(reduction)} is not none, add, mul, min or max`,
      node.name,
    );
  }
  if (data.type !== updates.type) {
    throw new UserError(
      "E_TYPE",
      `${node.operator} node "${node.name}": updates are ${updates.type}, the data ${data.type}`,
      node.name,
    );
  }
  if (`${updates.shape}` !== `${updateShape}`)
    fail(node, `updates of shape [${updates.shape}] instead of [${updateShape}]`);
  if (elementCount(updateShape) === 0) build.alias(node.outputs[0], data.name);
  else build.add(node, operator, [data.name, indices, updates.name], { ...attributes, reduction }, node.outputs[0]);
}

/** ONNX ScatterElements-11, -13, -16, -18. */
export const ScatterElements: Operator = scatter("ScatterElements", elementwise, (node, build) => {
  const { shape } = build.resolve(node.inputs[0]);
  const axis = normaliseAxis(node, axisOf(node), shape.length);
  const indexShape = build.resolve(node.inputs[1]).shape;
  checkElementwise(node, axis, shape, indexShape);
  const indices = checkedIndices(node, build, node.inputs[1], [shape[axis]]);
  addScatter(node, build, "ScatterElements", indices, indexShape, { axis });
});

/** ONNX Scatter-9, -11. */
export const Scatter: Operator = { name: "Scatter", inputs: [3, 3], normalise: ScatterElements.normalise! };

/** ONNX ScatterND-11, -13, -16, -18. */
export const ScatterND: Operator = scatter("ScatterND", byTuple, (node, build) => {
  const { shape } = build.resolve(node.inputs[0]);
  const indexShape = build.resolve(node.inputs[1]).shape;
  const sizes = tupleSizes(node, shape, indexShape, 0);
  const indices = checkedIndices(node, build, node.inputs[1], sizes);
  addScatter(node, build, "ScatterND", indices, [...indexShape.slice(0, -1), ...shape.slice(sizes.length)], {});
});
