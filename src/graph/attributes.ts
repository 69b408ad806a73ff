/** Checked access to node attributes: models are untrusted, so every attribute is tested for its kind. */
import { UserError } from "../errors.js";
import type { AttributeValue, Node, Tensor } from "./ir.js";

function wrongKind(node: Node, name: string, kind: string): never {
  throw new UserError(
    "E_SHAPE",
    `${node.operator} node "${node.name}": attribute ${name} must be ${kind}; re-export the model`,
    node.name,
  );
}

export function intAttribute(node: Node, name: string, fallback: number): number {
  const value = node.attributes[name] ?? fallback;
  return Number.isSafeInteger(value) ? (value as number) : wrongKind(node, name, "an integer");
}

export function floatAttribute(node: Node, name: string, fallback: number): number {
  const value = node.attributes[name] ?? fallback;
  return typeof value === "number" && !Number.isNaN(value) ? value : wrongKind(node, name, "a number");
}

export function stringAttribute(node: Node, name: string, fallback: string): string {
  const value = node.attributes[name] ?? fallback;
  return typeof value === "string" ? value : wrongKind(node, name, "a string");
}

export function intsAttribute(node: Node, name: string): readonly number[] | undefined {
  const value: AttributeValue | undefined = node.attributes[name];
  if (value === undefined) return undefined;
  if (Array.isArray(value) && value.every((v) => Number.isSafeInteger(v))) return value as readonly number[];
  return wrongKind(node, name, "a list of integers");
}

/** The list, checked to have `length` elements in [min, 2^31). */
export function dimensionsAttribute(
  node: Node,
  name: string,
  length: number,
  fallback: number,
  min: number,
): readonly number[] {
  const value = intsAttribute(node, name) ?? new Array<number>(length).fill(fallback);
  if (value.length !== length || value.some((v) => v < min || v >= 2 ** 31)) {
    wrongKind(node, name, `${length} integers of at least ${min}`);
  }
  return value;
}

export function tensorAttribute(node: Node, name: string): Tensor | undefined {
  const value = node.attributes[name];
  if (value === undefined) return undefined;
  if (typeof value === "object" && "shape" in value) return value as Tensor;
  return wrongKind(node, name, "a tensor");
}

/** An axis of a tensor of `rank`, negative counted from the end. */
export function normaliseAxis(node: Node, axis: number, rank: number): number {
  const result = axis < 0 ? axis + rank : axis;
  if (result < 0 || result >= rank) {
    throw new UserError(
      "E_SHAPE",
      `${node.operator} node "${node.name}": axis ${axis} is outside a tensor of rank ${rank}`,
      node.name,
    );
  }
  return result;
}
