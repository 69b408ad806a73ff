/** Operators made of comparisons and sums of positions: where an element stands decides what becomes of it. */
import { UserError } from "../errors.js";
import { intAttribute, normaliseAxis, stringAttribute } from "../graph/attributes.js";
import { checkElementCount, type GraphBuilder } from "../graph/builder.js";
import { type ElementType, elementCount, fromNumbers, type Node, newArray, type Shape } from "../graph/ir.js";
import { dataTypeNumber } from "../onnx/element_types.js";
import type { Operator } from "./operator.js";
import { requiredInts } from "./strided.js";

function fail(node: Node, reason: string): never {
  throw new UserError("E_SHAPE", `${node.operator} node "${node.name}": ${reason}`, node.name);
}

function constant(
  node: Node,
  build: GraphBuilder,
  type: ElementType,
  shape: Shape,
  value: (i: number) => number,
): string {
  checkElementCount(shape, node.outputs[0]);
  const values = Array.from({ length: elementCount(shape) }, (_, i) => value(i));
  return build.addConstant(build.uniqueName(`${node.name}_positions`), type, shape, fromNumbers(type, values));
}

function castTo(node: Node, build: GraphBuilder, name: string, type: ElementType): string {
  const from = build.resolve(name);
  return from.type === type ? from.name : build.add(node, "Cast", [from.name], { to: dataTypeNumber(type) });
}

const reshape = (node: Node, build: GraphBuilder, name: string, shape: Shape) =>
  build.add(node, "Reshape", [name], { shape });

const WIDE: ReadonlySet<ElementType> = new Set(["int64", "uint64", "uint32", "float32"]);

/** ONNX OneHot-9, -11: indices outside [-depth, depth) are off everywhere. */
export const OneHot: Operator = {
  name: "OneHot",
  inputs: [3, 3],
  notes: "constant depth",
  normalise(node, build) {
    const given = build.resolve(node.inputs[0]);
    const [depth] = requiredInts(node, build, 1, "the depth");
    const values = build.resolve(node.inputs[2]);
    if (!(depth >= 0) || values.shape.length !== 1 || values.shape[0] !== 2) {
      fail(node, `depth ${depth} and values of shape [${values.shape}] are not a size and [off, on]`);
    }
    const rank = given.shape.length + 1;
    const axis = normaliseAxis(node, intAttribute(node, "axis", -1), rank);
    const type = WIDE.has(given.type) ? "int64" : "int32";
    const indices = reshape(node, build, castTo(node, build, given.name, type), given.shape.toSpliced(axis, 0, 1));
    const along = new Array<number>(rank).fill(1).with(axis, Math.trunc(depth));
    const fromStart = constant(node, build, type, along, (i) => i);
    const fromEnd = constant(node, build, type, along, (i) => i - depth);
    const hit = build.add(node, "Or", [
      build.add(node, "Equal", [indices, fromStart]),
      build.add(node, "Equal", [indices, fromEnd]),
    ]);
    const [off, on] = [0, 1].map((i) => {
      const one = build.add(node, "Slice", [values.name], { starts: [i], steps: [1], shape: [1] });
      return reshape(node, build, one, []);
    });
    build.add(node, "Where", [hit, on, off], {}, node.outputs[0]);
  },
};

/** ONNX Trilu-14. */
export const Trilu: Operator = {
  name: "Trilu",
  inputs: [1, 2],
  normalise(node, build) {
    const x = build.resolve(node.inputs[0]);
    if (x.shape.length < 2) fail(node, `[${x.shape}] is no matrix`);
    const [rows, columns] = x.shape.slice(-2);
    const k = build.optional(node, 1);
    if (k && (k.type !== "int64" || elementCount(k.shape) !== 1)) fail(node, "k is not one int64");
    const row = constant(node, build, "int64", [rows, 1], (i) => i);
    const column = constant(node, build, "int64", [1, columns], (i) => i);
    const diagonal = k ? build.add(node, "Add", [row, reshape(node, build, k.name, [])]) : row;
    const operands = intAttribute(node, "upper", 1) !== 0 ? [diagonal, column] : [column, diagonal];
    const kept = build.add(node, "LessOrEqual", operands);
    const zero = build.addConstant(build.uniqueName(`${node.name}_zero`), x.type, [], newArray(x.type, 1));
    build.add(node, "Where", [kept, x.name, zero], {}, node.outputs[0]);
  },
};

/** ONNX ReverseSequence-10: lengths beyond the time axis are clamped to it. */
export const ReverseSequence: Operator = {
  name: "ReverseSequence",
  inputs: [2, 2],
  normalise(node, build) {
    const x = build.resolve(node.inputs[0]);
    const batchAxis = intAttribute(node, "batch_axis", 1);
    const timeAxis = intAttribute(node, "time_axis", 0);
    const [rows, columns, ...rest] = x.shape;
    if (x.shape.length < 2 || batchAxis + timeAxis !== 1 || batchAxis * timeAxis !== 0) {
      fail(node, `batch axis ${batchAxis} and time axis ${timeAxis} of [${x.shape}] are not the first two`);
    }
    const times = x.shape[timeAxis];
    const batches = x.shape[batchAxis];
    if (elementCount(build.resolve(node.inputs[1]).shape) !== batches) fail(node, `there are not ${batches} lengths`);
    if (elementCount(x.shape) === 0) return build.alias(node.outputs[0], x.name);
    const timeOf = (i: number) => (timeAxis === 0 ? Math.floor(i / columns) : i % columns);
    const step = timeAxis === 0 ? columns : 1;
    const given = castTo(node, build, node.inputs[1], "int32");
    const longest = constant(node, build, "int32", [], () => times);
    const lengths = reshape(
      node,
      build,
      build.add(node, "Min", [given, longest]),
      timeAxis === 0 ? [1, columns] : [rows, 1],
    );
    const time = constant(node, build, "int32", timeAxis === 0 ? [rows, 1] : [1, columns], (i) => i);
    const shape = [rows, columns];
    const straight = constant(node, build, "int32", shape, (i) => i);
    // Time t of a sequence of length n is taken from n - 1 - t: that is n steps on from -1 - t.
    const start = constant(node, build, "int32", shape, (i) => i - step * (2 * timeOf(i) + 1));
    const scaled = build.add(node, "Mul", [lengths, constant(node, build, "int32", [], () => step)]);
    const reversed = build.add(node, "Add", [scaled, start]);
    const inside = build.add(node, "Less", [time, lengths]);
    const source = build.add(node, "Where", [inside, reversed, straight]);
    const flat = reshape(node, build, x.name, [rows * columns, ...rest]);
    build.add(node, "Gather", [flat, source], { axis: 0 }, node.outputs[0]);
  },
};

/** ONNX TensorScatter-24. Positions beyond the axis wrap around in both modes; linear ones may not lie there. */
export const TensorScatter: Operator = {
  name: "TensorScatter",
  inputs: [2, 3],
  normalise(node, build) {
    const [cache, update] = node.inputs.slice(0, 2).map((name) => build.resolve(name));
    const axis = normaliseAxis(node, intAttribute(node, "axis", -2), cache.shape.length);
    const mode = stringAttribute(node, "mode", "linear");
    if (mode !== "linear" && mode !== "circular") fail(node, `mode ${JSON.stringify(mode)} is not linear or circular`);
    const size = cache.shape[axis];
    const length = update.shape[axis] ?? -1;
    if (axis === 0 || `${update.shape}` !== `${cache.shape.with(axis, length)}` || length > size) {
      fail(node, `an update of shape [${update.shape}] does not fit [${cache.shape}] along axis ${axis}`);
    }
    if (elementCount(update.shape) === 0) return build.alias(node.outputs[0], cache.name);
    const [batch] = cache.shape;
    const prefix = elementCount(cache.shape.slice(0, axis));
    const rest = cache.shape.slice(axis + 1);
    const step = constant(node, build, "int32", [length], (i) => i);
    const given = build.optional(node, 2);
    if (given && elementCount(given.shape) !== batch) fail(node, `there are not ${batch} write indices`);
    const first = given
      ? reshape(node, build, castTo(node, build, given.name, "int32"), [batch, 1, 1])
      : constant(node, build, "int32", [1], () => 0);
    const position = build.add(node, "Mod", [
      build.add(node, "Add", [first, step]),
      constant(node, build, "int32", [], () => size),
    ]);
    const row = constant(node, build, "int32", [batch, prefix / batch, 1], (i) => i * size);
    const rows = reshape(node, build, build.add(node, "Add", [row, position]), [prefix * length, 1]);
    const [flat, updates] = [
      reshape(node, build, cache.name, [prefix * size, ...rest]),
      reshape(node, build, update.name, [prefix * length, ...rest]),
    ];
    const present = build.add(node, "ScatterND", [flat, rows, updates], { reduction: "none" });
    build.add(node, "Reshape", [present], { shape: cache.shape }, node.outputs[0]);
  },
};
