/** Einsum as transposes, reshapes, sums and matrix products, operand by operand. */
import { UserError } from "../errors.js";
import { stringAttribute } from "../graph/attributes.js";
import type { GraphBuilder } from "../graph/builder.js";
import { elementCount, type Node } from "../graph/ir.js";
import type { Operator } from "./operator.js";
import { type Rewriter, refuseShape, rewriter } from "./rewrite.js";

/**
 * One name per axis: a letter of the equation, or the place of an axis under the ellipsis counted from the right, as
 * "-1", "-2" ...
 */
type Labels = readonly string[];

/** A value whose axes have names, none twice. */
interface Operand {
  readonly x: string;
  readonly labels: Labels;
}

const ELLIPSIS = "...";

/** The letters of a term and where it has an ellipsis. Throws E_SHAPE. */
function termOf(node: Node, text: string): string[] {
  const parts = text.match(/\.\.\.|[A-Za-z]/g) ?? [];
  if (parts.join("") !== text || parts.filter((part) => part === ELLIPSIS).length > 1) {
    refuseShape(node, `${JSON.stringify(text)} is no term of an equation: letters and at most one "..."`);
  }
  return parts;
}

/** Labels of an operand of `rank` axes. */
function labelsOf(node: Node, term: readonly string[], rank: number): string[] {
  const hidden = rank - term.filter((part) => part !== ELLIPSIS).length;
  if (hidden < 0 || (hidden > 0 && !term.includes(ELLIPSIS))) {
    refuseShape(node, `the term ${JSON.stringify(term.join(""))} does not fit an operand of rank ${rank}`);
  }
  return term.flatMap((part) => (part === ELLIPSIS ? hiddenLabels(hidden) : [part]));
}

const hiddenLabels = (count: number) => Array.from({ length: count }, (_, i) => String(i - count));

interface Equation {
  readonly operands: readonly Labels[];
  readonly result: Labels;
}

function equationOf(node: Node, ranks: readonly number[]): Equation {
  const [left, right, ...more] = stringAttribute(node, "equation", "").replaceAll(/\s/g, "").split("->");
  const terms = left.split(",").map((text) => termOf(node, text));
  if (more.length > 0 || terms.length !== ranks.length) {
    refuseShape(node, `its equation has ${terms.length} terms for ${ranks.length} operands`);
  }
  const operands = terms.map((term, i) => labelsOf(node, term, ranks[i]));
  const all = operands.flat();
  const hidden = hiddenLabels(Math.max(0, ...all.map((label) => (label.startsWith("-") ? -Number(label) : 0))));
  const once = () => [...new Set(all)].filter((a) => !a.startsWith("-") && all.filter((b) => b === a).length === 1);
  const result =
    right === undefined
      ? [...hidden, ...once().sort()]
      : termOf(node, right).flatMap((part) => (part === ELLIPSIS ? hidden : [part]));
  const unknown = result.find((label) => !all.includes(label));
  if (unknown !== undefined || new Set(result).size !== result.length) {
    refuseShape(node, `its result [${result}] names an axis twice, or one that no operand has`);
  }
  return { operands, result };
}

/** The largest size of each label; the others must be equal to it or 1. */
function sizesOf(node: Node, operands: readonly Labels[], shapes: readonly (readonly number[])[]): Map<string, number> {
  const sizes = new Map<string, number>();
  operands.forEach((labels, i) => {
    labels.forEach((label, axis) => {
      const [known, size] = [sizes.get(label) ?? 1, shapes[i][axis]];
      if (known !== size && known !== 1 && size !== 1) {
        refuseShape(node, `axis ${JSON.stringify(label)} has the sizes ${known} and ${size}`);
      }
      sizes.set(label, known === 1 ? size : known);
    });
  });
  return sizes;
}

/** The elements of an operand at which the axes of a repeated label agree. */
function diagonal(node: Node, { x, labels }: Operand, write: Rewriter): Operand {
  const first = labels.findIndex((label, axis) => labels.indexOf(label, axis + 1) >= 0);
  if (first < 0) return { x, labels };
  const second = labels.indexOf(labels[first], first + 1);
  const rest = labels.map((_, axis) => axis).filter((axis) => axis !== first && axis !== second);
  const shape = write.shape(x);
  const size = shape[first];
  if (shape[second] !== size) refuseShape(node, `axis ${JSON.stringify(labels[first])} has two sizes in one operand`);
  const kept = rest.map((axis) => shape[axis]);
  const square = write.reshape(write.transpose(x, [...rest, first, second]), [...kept, size * size]);
  const at = write.constant(
    "int64",
    [size],
    Array.from({ length: size }, (_, i) => i * (size + 1)),
  );
  const line = write.onnx("Gather", [square, at], { axis: rest.length });
  return diagonal(node, { x: line, labels: [...rest.map((axis) => labels[axis]), labels[first]] }, write);
}

/** Axes of size 1 along which other operands are longer: broadcasting, so the operand does without them. */
function withoutBroadcast({ x, labels }: Operand, sizes: ReadonlyMap<string, number>, write: Rewriter): Operand {
  const shape = write.shape(x);
  const own = labels.map((_, axis) => axis).filter((axis) => shape[axis] === sizes.get(labels[axis]));
  return {
    x: write.reshape(
      x,
      own.map((axis) => shape[axis]),
    ),
    labels: own.map((axis) => labels[axis]),
  };
}

/** The sum over every axis that nobody asks for. */
function summed({ x, labels }: Operand, wanted: ReadonlySet<string>, write: Rewriter): Operand {
  const axes = labels.map((_, axis) => axis).filter((axis) => !wanted.has(labels[axis]));
  if (axes.length === 0) return { x, labels };
  const sum = write.onnx("ReduceSum", [x], { keepdims: 0, axes });
  return { x: sum, labels: labels.filter((label) => wanted.has(label)) };
}

/** The axes in groups, each group as one axis. */
function grouped({ x, labels }: Operand, groups: readonly Labels[], write: Rewriter): string {
  const perm = groups.flat().map((label) => labels.indexOf(label));
  const moved = perm.every((from, to) => from === to) ? x : write.transpose(x, perm);
  const shape = write.shape(x);
  return write.reshape(
    moved,
    groups.map((group) => elementCount(group.map((label) => shape[labels.indexOf(label)]))),
  );
}

/** The product of two operands, summed over the axes that both have and nobody else wants. */
function product(
  a: Operand,
  b: Operand,
  wanted: ReadonlySet<string>,
  sizes: ReadonlyMap<string, number>,
  write: Rewriter,
): Operand {
  const both = a.labels.filter((label) => b.labels.includes(label));
  const batch = both.filter((label) => wanted.has(label));
  const inner = both.filter((label) => !wanted.has(label));
  const rows = a.labels.filter((label) => !both.includes(label));
  const cols = b.labels.filter((label) => !both.includes(label));
  const labels = [...batch, ...rows, ...cols];
  const lead = batch.length > 0 ? [batch] : [];
  const result =
    inner.length > 0
      ? write.onnx("MatMul", [grouped(a, [...lead, rows, inner], write), grouped(b, [...lead, inner, cols], write)])
      : write.onnx("Mul", [
          write.reshape(grouped(a, [batch, rows], write), [count(batch), count(rows), 1]),
          write.reshape(grouped(b, [batch, cols], write), [count(batch), 1, count(cols)]),
        ]);
  function count(group: Labels): number {
    return elementCount(group.map((label) => sizes.get(label)!));
  }
  const shape = labels.map((label) => sizes.get(label)!);
  return { x: write.reshape(result, shape), labels };
}

/** ONNX Einsum-12. */
export const Einsum: Operator = {
  name: "Einsum",
  inputs: [1, Number.POSITIVE_INFINITY],
  notes: "rewritten into Transpose, Reshape, ReduceSum, Mul and MatMul",
  normalise(node, build: GraphBuilder) {
    const write = rewriter(node, build);
    const types = new Set(node.inputs.map((name) => build.resolve(name).type));
    if (types.size > 1 || types.has("bool")) {
      const given = [...types].join(" and ");
      throw new UserError("E_TYPE", `Einsum node "${node.name}" does not multiply ${given} values`, node.name);
    }
    const shapes = node.inputs.map(write.shape);
    const { operands, result } = equationOf(
      node,
      shapes.map((shape) => shape.length),
    );
    const sizes = sizesOf(node, operands, shapes);
    const [first, ...others] = operands.map((labels, i) =>
      withoutBroadcast(diagonal(node, { x: node.inputs[i], labels }, write), sizes, write),
    );
    const wantedBehind = (i: number) => new Set([...result, ...others.slice(i).flatMap((other) => other.labels)]);
    let all = summed(first, wantedBehind(0), write);
    others.forEach((other, i) => {
      const wanted = wantedBehind(i + 1);
      const own = summed(other, new Set([...wanted, ...all.labels]), write);
      const left = summed(all, new Set([...wanted, ...own.labels]), write);
      all = product(left, own, wanted, sizes, write);
    });
    const perm = result.map((label) => all.labels.indexOf(label));
    if (perm.some((from, to) => from !== to)) write.transpose(all.x, perm, node.outputs[0]);
    else write.reshape(all.x, write.shape(all.x), node.outputs[0]);
  },
};
