/**
 * --stateful: recurrent layers that begin with zero go on, at the next call, where they ended. Their states become
 * inputs and outputs of the graph, and pairs of its `states`.
 */

import { UserError } from "../errors.js";
import type { Graph, Node, Tensor } from "../graph/ir.js";
import { unusedName } from "../graph/names.js";
import { INPUT, isRecurrent, OUTPUT } from "../ops/recurrent.js";

const STATES = [
  { input: INPUT.hidden, output: OUTPUT.hidden },
  { input: INPUT.cell, output: OUTPUT.cell },
] as const;

/** Throws E_USAGE for a graph without a recurrent layer that could go on. */
export function keepStates(graph: Graph): Graph {
  const tensors = new Map(graph.tensors);
  const inputs = [...graph.inputs];
  const outputs = [...graph.outputs];
  const states = [...(graph.states ?? [])];
  const copies: Node[] = [];
  const nodeNames = new Set(graph.nodes.map(({ name }) => name));
  const uniqueName = (stem: string) => unusedName(stem, (name) => tensors.has(name) || nodeNames.has(name));
  const isZero = ({ data }: Tensor) => data !== undefined && (data as Float32Array).every((v) => v === 0);
  const keep = (node: Node): Node => {
    if (!isRecurrent(node)) return node;
    const pairs = STATES.filter(({ output }) => output < node.outputs.length);
    const forward = (node.attributes.direction ?? "forward") === "forward";
    const begins = pairs.every(({ input }) => isZero(tensors.get(node.inputs[input])!));
    if (!forward || !begins) return node;
    const read = [...node.inputs];
    for (const { input, output } of pairs) {
      const after = tensors.get(node.outputs[output])!;
      // The sequence of hidden states and the last of them are stored alike.
      const sequence = tensors.get(node.outputs[OUTPUT.sequence])!;
      const quantization = after.quantization ?? (output === OUTPUT.hidden ? sequence.quantization : undefined);
      const kept: Tensor = { ...after, ...(quantization && { quantization }) };
      tensors.set(after.name, kept);
      const before = uniqueName(`${after.name}_before`);
      tensors.set(before, { ...kept, name: before });
      inputs.push(before);
      read[input] = before;
      let end = after.name;
      if (graph.outputs.includes(end)) {
        // An output that the caller gets cannot be a state as well.
        end = uniqueName(`${after.name}_kept`);
        tensors.set(end, { ...kept, name: end });
        copies.push({
          ...{ name: end, operator: "Reshape", domain: "", inputs: [after.name], outputs: [end] },
          attributes: { shape: after.shape },
        });
      }
      outputs.push(end);
      states.push({ input: before, output: end });
    }
    return { ...node, inputs: read };
  };
  const nodes = graph.nodes.map(keep);
  if (states.length === (graph.states ?? []).length) {
    throw new UserError(
      "E_USAGE",
      "--stateful: the model has no RNN, GRU or LSTM that runs forward from a zero state; use --state for its inputs and outputs",
    );
  }
  const used = new Set([...inputs, ...outputs, ...[...nodes, ...copies].flatMap((n) => [...n.inputs, ...n.outputs])]);
  return {
    ...{ ...graph, inputs, outputs, states, nodes: [...nodes, ...copies] },
    tensors: new Map([...tensors].filter(([name]) => used.has(name))),
  };
}
