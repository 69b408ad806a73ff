/** Graph -> Program: chooses for every node its int8 or its float32 form. */
import { invariant } from "../errors.js";
import type { Graph, Tensor } from "../graph/ir.js";
import type { Program, Step } from "../graph/program.js";
import { operatorOf } from "../ops/index.js";
import { createLowering, perTensor } from "./lowering.js";

export interface LowerOptions {
  readonly precision: Program["precision"];
  /** Element type of the firmware's inputs and outputs; float32 adds the conversions to the program. */
  readonly io: "int8" | "float32";
}

/**
 * @param graph canonical; for precision int8 with quantisation on its values
 * Values without a quantisation, and nodes without an int8 form, are computed in float32.
 */
export function lower(graph: Graph, { precision, io }: LowerOptions): Program {
  const storedAs = (tensor: Tensor) =>
    precision === "int8" && io === "int8" && perTensor(tensor.quantization) ? "s8" : "f32";
  const lowering = createLowering(graph, precision, storedAs);
  for (const node of graph.nodes) {
    const operator = operatorOf(node);
    if (precision === "int8" && operator.lowerInt8?.(node, lowering)) continue;
    invariant(operator.lowerFloat32, `${node.operator} has no lowering`);
    operator.lowerFloat32(node, lowering);
  }
  return lowering.finish(graph.outputs.map((name) => ({ name, form: storedAs(graph.tensors.get(name)!) })));
}

/** Steps of an int8 program that compute in float32: operators without an int8 form, and the conversions around them. */
export function hybridSteps(program: Program): Step[] {
  if (program.precision !== "int8") return [];
  return program.steps.filter((step) => step.kernel.includes("_f32"));
}
