/**
 * Moves Transposes towards the outputs, through every operator that works in any layout, so that neighbours cancel;
 * absorbs the rest into the weights of Gemm where a Reshape lies between; what moves only axes of size 1 becomes a
 * Reshape, which costs nothing.
 */
import { editGraph, type GraphEdit } from "../graph/edit.js";
import type { Graph, Node, Tensor } from "../graph/ir.js";
import { operatorOf } from "../ops/index.js";
import { permOf } from "../ops/Transpose.js";
import { transposeConstant } from "../ops/transpose_data.js";
import { absorbIntoGemmColumns, absorbIntoGemmRows } from "./absorb_transpose.js";

export function inversePermutation(perm: readonly number[]): number[] {
  const inverse = new Array<number>(perm.length);
  perm.forEach((axis, i) => {
    inverse[axis] = i;
  });
  return inverse;
}

/** Whether the axes longer than 1 keep their order: the elements then stay where they are. */
export function movesOnlyUnitAxes(shape: readonly number[], perm: readonly number[]): boolean {
  const kept = perm.filter((axis) => shape[axis] !== 1);
  return kept.every((axis, i) => i === 0 || axis > kept[i - 1]);
}

const isTranspose = (node: Node | undefined): node is Node => node?.operator === "Transpose";

function mergeTransposes(edit: GraphEdit, node: Node): boolean {
  const first = edit.producer(node.inputs[0]);
  if (!isTranspose(first)) return false;
  const inner = permOf(first);
  const perm = permOf(node).map((axis) => inner[axis]);
  edit.replace(node, { ...node, inputs: [first.inputs[0]], attributes: { perm } });
  return true;
}

function dropIdentity(edit: GraphEdit, node: Node): boolean {
  return permOf(node).every((axis, i) => axis === i) && edit.bypass(node);
}

/** The operand as the node sees it when the Transpose is gone, or undefined when that costs a copy. */
function untransposed(edit: GraphEdit, node: Node, name: string, perm: readonly number[]): (() => string) | undefined {
  const tensor = edit.tensor(name);
  const producer = edit.producer(name);
  if (isTranspose(producer) && permOf(producer).every((axis, i) => axis === perm[i])) return () => producer.inputs[0];
  const inverse = inversePermutation(perm);
  if (tensor.data) {
    if (tensor.data.length === 1) return () => name;
    return () => {
      const lead = perm.length - tensor.shape.length;
      const full: Tensor = {
        ...tensor,
        shape: [...new Array<number>(lead).fill(1), ...tensor.shape],
        ...(tensor.quantization?.axis !== undefined && {
          quantization: { ...tensor.quantization, axis: tensor.quantization.axis + lead },
        }),
      };
      return edit.addConstant(transposeConstant(full, inverse, edit.uniqueName(`${name}_layout`)));
    };
  }
  if (tensor.shape.length !== perm.length || !movesOnlyUnitAxes(tensor.shape, inverse)) return undefined;
  const shape = inverse.map((axis) => tensor.shape[axis]);
  return () => edit.add(node, "Reshape", [name], { shape }, { quantization: tensor.quantization });
}

/** op(Transpose(x)) -> Transpose(op(x)). */
function sinkTranspose(edit: GraphEdit, node: Node): boolean {
  const { permute } = operatorOf(node);
  const transpose = node.inputs.map((name) => edit.producer(name)).find(isTranspose);
  if (!permute || !transpose) return false;
  const perm = permOf(transpose);
  const [output] = node.outputs;
  const { shape, quantization } = edit.tensor(output);
  if (shape.length !== perm.length) return false;
  const operands = node.inputs.map((name) => untransposed(edit, node, name, perm));
  const changed = permute(node, perm);
  if (!changed || operands.some((operand) => !operand)) return false;
  const inputs = operands.map((operand) => operand!());
  edit.remove(node);
  const attributes = { ...node.attributes, ...changed };
  const moved = edit.add(node, node.operator, inputs, attributes, { quantization });
  edit.add(transpose, "Transpose", [moved], { perm }, { output, quantization });
  return true;
}

/** f(Reshape(x)) -> Reshape(f(x)) for elementwise f. */
function sinkReshape(edit: GraphEdit, node: Node): boolean {
  const reshape = edit.producer(node.inputs[0]);
  if (!operatorOf(node).elementwiseUnary || reshape?.operator !== "Reshape") return false;
  if (edit.soleConsumer(reshape.outputs[0]) !== node) return false;
  const [output] = node.outputs;
  const { shape, quantization } = edit.tensor(output);
  edit.remove(node);
  const moved = edit.add(node, node.operator, [reshape.inputs[0]], node.attributes, { quantization });
  edit.add(reshape, "Reshape", [moved], { shape }, { output, quantization });
  return true;
}

/** Reshape(Reshape(x)), and Reshape(Transpose(x)) that moves only axes of size 1. */
function mergeReshape(edit: GraphEdit, node: Node): boolean {
  const first = edit.producer(node.inputs[0]);
  if (!first) return false;
  const free =
    first.operator === "Reshape" ||
    (isTranspose(first) && movesOnlyUnitAxes(edit.tensor(first.inputs[0]).shape, permOf(first)));
  if (!free) return false;
  edit.replace(node, { ...node, inputs: [first.inputs[0]] });
  return true;
}

function dropSameShape(edit: GraphEdit, node: Node): boolean {
  const { shape } = edit.tensor(node.inputs[0]);
  const target = edit.tensor(node.outputs[0]).shape;
  return shape.length === target.length && shape.every((size, i) => size === target[i]) && edit.bypass(node);
}

function improve(edit: GraphEdit, node: Node): boolean {
  if (node.operator === "Transpose") {
    return dropIdentity(edit, node) || mergeTransposes(edit, node) || absorbIntoGemmRows(edit, node);
  }
  if (node.operator === "Reshape") return dropSameShape(edit, node) || mergeReshape(edit, node);
  if (node.operator === "Gemm") return absorbIntoGemmColumns(edit, node);
  return sinkTranspose(edit, node) || sinkReshape(edit, node);
}

function untilStable(edit: GraphEdit): void {
  let changed = true;
  while (changed) {
    changed = false;
    for (const node of edit.nodes()) changed = improve(edit, node) || changed;
  }
}

export function eliminateTransposes(graph: Graph): Graph {
  const edit = editGraph(graph);
  untilStable(edit);
  return edit.finish();
}

/** The last step: Transposes that move only axes of size 1 become Reshapes. */
export function transposesToReshapes(graph: Graph): Graph {
  const edit = editGraph(graph);
  for (const node of edit.nodes()) {
    if (!isTranspose(node) || !movesOnlyUnitAxes(edit.tensor(node.inputs[0]).shape, permOf(node))) continue;
    const { shape } = edit.tensor(node.outputs[0]);
    edit.replace(node, { ...node, operator: "Reshape", attributes: { shape } });
  }
  untilStable(edit);
  return edit.finish();
}
