import { UserError } from "../errors.js";
import type { Graph, Shape, Tensor } from "../graph/ir.js";
import { quoted } from "../quoted.js";
import type { Model, ValueInfo } from "./read.js";
import { checkTensorSize } from "./tensors.js";

/**
 * The graph with its inputs as tensors of known shape. A symbolic dimension takes its size from, in this order:
 * `shapes` (input name -> shape, as `--shape` gives them), another input whose dimension of the same name is bound
 * that way, 1 for axis 0 (the batch).
 * @throws UserError E_DYNAMIC_SHAPE naming input and dimension, E_USAGE when `shapes` names no input or contradicts
 * the model, E_SHAPE_TOO_LARGE.
 */
export function bindShapes(model: Model, shapes: ReadonlyMap<string, Shape> = new Map()): Graph {
  for (const name of shapes.keys()) {
    if (!model.inputs.some((input) => input.name === name)) {
      const known = model.inputs.map((input) => quoted(input.name)).join(", ");
      throw new UserError("E_USAGE", `--shape: the model has no input ${quoted(name)}; its inputs: ${known || "none"}`);
    }
  }
  const symbols = new Map<string, number>();
  for (const input of model.inputs) {
    const shape = shapes.get(input.name);
    if (shape) bindSymbols(input, shape, symbols);
  }
  const tensors = new Map<string, Tensor>();
  for (const input of model.inputs) {
    const shape = shapes.get(input.name) ?? shapeOf(input, symbols);
    checkTensorSize(input.type, shape, "input", input.name);
    tensors.set(input.name, { name: input.name, type: input.type, shape });
  }
  return { ...model.graph, tensors: new Map([...tensors, ...model.graph.tensors]) };
}

function shapeText(dims: readonly (number | string)[]): string {
  return `[${dims.join(",")}]`;
}

function bindSymbols(input: ValueInfo, shape: Shape, symbols: Map<string, number>): void {
  const contradiction = (what: string) =>
    new UserError("E_USAGE", `--shape ${input.name}:${shape.join(",")} contradicts the model: ${what}`, input.name);
  if (shape.some((d) => !Number.isSafeInteger(d) || d < 0)) {
    throw new UserError("E_USAGE", `--shape ${input.name}:${shape.join(",")}: sizes are integers of at least 0`);
  }
  if (!input.dims) return;
  const { dims } = input;
  if (dims.length !== shape.length) throw contradiction(`input ${quoted(input.name)} is ${shapeText(dims)}`);
  dims.forEach((dim, axis) => {
    if (typeof dim === "number") {
      if (dim !== shape[axis]) throw contradiction(`input ${quoted(input.name)} is ${shapeText(dims)}`);
    } else if (dim !== "?") {
      const bound = symbols.get(dim) ?? shape[axis];
      if (bound !== shape[axis]) throw contradiction(`dimension ${quoted(dim)} is ${bound} elsewhere`);
      symbols.set(dim, bound);
    }
  });
}

function shapeOf(input: ValueInfo, symbols: ReadonlyMap<string, number>): Shape {
  if (!input.dims) {
    throw new UserError(
      "E_DYNAMIC_SHAPE",
      `input ${quoted(input.name)} has no shape; bind it: --shape ${input.name}:1,...`,
      input.name,
    );
  }
  const bound = input.dims.map((dim, axis) => {
    if (typeof dim === "number") return dim;
    return symbols.get(dim) ?? (axis === 0 ? 1 : dim);
  });
  const open = bound.findIndex((dim) => typeof dim === "string");
  if (open < 0) return bound as number[];
  const example = bound.map((dim) => (typeof dim === "string" ? "<size>" : dim)).join(",");
  const which = bound[open] === "?" ? `${open}` : `${open} (${quoted(String(bound[open]))})`;
  throw new UserError(
    "E_DYNAMIC_SHAPE",
    `input ${quoted(input.name)} of shape ${shapeText(bound)} has no size for dimension ${which}; bind it: --shape ${input.name}:${example}`,
    input.name,
  );
}
