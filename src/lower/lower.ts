/** Graph -> Program: chooses for every node its int8 or its plain form. */
import { invariant } from "../errors.js";
import { elementCount, type Graph, type Node, type Tensor } from "../graph/ir.js";
import { kernelSteps, type Program, type Step } from "../graph/program.js";
import { operatorOf } from "../ops/index.js";
import { storedCellStates } from "../ops/recurrent.js";
import { createLowering, type Lowering, storedForm } from "./lowering.js";
import { type Table, type Tables, tabulate } from "./tables.js";

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
    (precision === "int8" && io === "int8" ? storedForm(tensor)?.form : undefined) ?? "plain";
  const cellStates = precision === "int8" ? storedCellStates(graph) : undefined;
  const lowering = createLowering(graph, precision, storedAs, cellStates);
  const { tables, replaced } = precision === "int8" ? tabulate(graph) : NO_TABLES;
  for (const node of graph.nodes) {
    if (replaced.has(node)) continue;
    const table = tables.get(node);
    if (table) {
      addTable(node, table, lowering);
      continue;
    }
    const operator = operatorOf(node);
    if (precision === "int8" && operator.lowerInt8?.(node, lowering)) continue;
    invariant(operator.lowerPlain, `${node.operator} has no lowering`);
    operator.lowerPlain(node, lowering);
  }
  const program = lowering.finish(graph.outputs.map((name) => ({ name, form: storedAs(graph.tensors.get(name)!) })));
  if (!graph.counted) return program;
  const at = (name: string) => program.outputs.findIndex((id) => program.tensors[id].name === name);
  const counted = graph.counted.map(({ output, count, axis }) => ({ output: at(output), count: at(count), axis }));
  return { ...program, counted };
}

const NO_TABLES: Tables = { tables: new Map(), replaced: new Set() };

function addTable(node: Node, { input, values }: Table, lowering: Lowering): void {
  lowering.step(
    node,
    "nn_lut_s8",
    { inputs: [lowering.s8(input)], outputs: [lowering.define(node.outputs[0], "s8")] },
    { count: elementCount(lowering.tensor(input).shape) },
    { table: values },
  );
}

/** Steps of an int8 program that touch float32 values: operators without an int8 form, and the conversions around them. */
export function hybridSteps(program: Program): Step[] {
  if (program.precision !== "int8") return [];
  return program.steps
    .flatMap(kernelSteps)
    .filter((step) => [...step.inputs, ...step.outputs].some((id) => program.tensors[id].type === "float32"));
}
