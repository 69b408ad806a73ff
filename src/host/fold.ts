/** Constant folding: a node whose inputs are constants, computed at generation time by its own kernels. */
import type { Graph, Node, Tensor, TypedArray } from "../graph/ir.js";
import { elementCount } from "../graph/ir.js";
import { lower } from "../lower/lower.js";
import type { TensorType } from "../ops/operator.js";
import { hostProgram } from "./run.js";

/**
 * @param inputs constants, in the order of the node's inputs; undefined for an omitted one
 * @param types of the outputs
 * @param work told how much there is to compute, before it is
 * @returns the values of the outputs
 */
export function foldNode(
  node: Node,
  inputs: readonly (Tensor | undefined)[],
  types: readonly TensorType[],
  work: (amount: number) => void = () => {},
): TypedArray[] {
  const outputs = types.map((_, i) => `y${i}`);
  const tensors = new Map<string, Tensor>();
  const names = inputs.map((tensor, i) => {
    if (!tensor) return "";
    tensors.set(`x${i}`, { ...tensor, name: `x${i}` });
    return `x${i}`;
  });
  types.forEach((type, i) => {
    tensors.set(outputs[i], { name: outputs[i], ...type });
  });
  const graph: Graph = {
    name: "constant",
    opset: 0,
    inputs: [],
    outputs,
    nodes: [{ ...node, inputs: names, outputs }],
    tensors,
  };
  const program = lower(graph, { precision: "float32", io: "float32" });
  for (const { macs, outputs } of program.steps) {
    work(outputs.reduce((sum, id) => sum + elementCount(program.tensors[id].shape), macs));
  }
  const host = hostProgram(program);
  host.run();
  return program.outputs.map((id) => host.buffer(id).slice() as TypedArray);
}
