/**
 * The last step taken out of the sequence of hidden states is the last hidden state, which a recurrent layer gives
 * anyway: the sequence needs no memory then.
 */
import { editGraph, type GraphEdit } from "../graph/edit.js";
import type { Graph, Node } from "../graph/ir.js";
import { elementCount, toNumbers } from "../graph/ir.js";
import { INPUT, isRecurrent, OUTPUT } from "../ops/recurrent.js";
import { permOf } from "../ops/Transpose.js";

interface Pick {
  readonly axis: number;
  readonly index: number;
}

/** Which one index of which axis a node takes, if that is what it does. */
function pickOf(edit: GraphEdit, node: Node): Pick | undefined {
  const { shape } = edit.tensor(node.inputs[0]);
  if (node.operator === "Gather") {
    const { data } = edit.tensor(node.inputs[1]);
    if (data?.length !== 1) return undefined;
    return { axis: node.attributes.axis as number, index: toNumbers(data)[0] };
  }
  if (node.operator !== "Slice") return undefined;
  const { starts, shape: taken } = node.attributes as { starts: readonly number[]; shape: readonly number[] };
  const [axis, ...others] = shape.flatMap((size, i) => (taken[i] === size ? [] : [i]));
  return axis !== undefined && others.length === 0 && taken[axis] === 1 ? { axis, index: starts[axis] } : undefined;
}

/** The axis of the input that a node's output has as `axis`, when the other elements keep their order. */
function axisBefore(edit: GraphEdit, node: Node, axis: number): number | undefined {
  const from = edit.tensor(node.inputs[0]).shape;
  if (node.operator === "Transpose") {
    const perm = permOf(node);
    const others = perm.filter((a) => a !== perm[axis] && from[a] !== 1);
    return others.every((a, i) => i === 0 || others[i - 1] < a) ? perm[axis] : undefined;
  }
  if (node.operator !== "Reshape") return undefined;
  const to = edit.tensor(node.outputs[0]).shape;
  const before = elementCount(to.slice(0, axis));
  const found = from.findIndex((size, a) => size === to[axis] && elementCount(from.slice(0, a)) === before);
  return found >= 0 ? found : undefined;
}

/** The recurrent layer whose sequence `name` is, moved about, with `axis` counting its steps. */
function layerOf(edit: GraphEdit, name: string, axis: number): Node | undefined {
  const maker = edit.producer(name);
  if (!maker) return undefined;
  if (isRecurrent(maker)) return name === maker.outputs[OUTPUT.sequence] && axis === 0 ? maker : undefined;
  const before = axisBefore(edit, maker, axis);
  return before === undefined ? undefined : layerOf(edit, maker.inputs[0], before);
}

export function lastStep(graph: Graph): Graph {
  const edit = editGraph(graph);
  for (const node of edit.nodes()) {
    const pick = pickOf(edit, node);
    const layer = pick && layerOf(edit, node.inputs[0], pick.axis);
    if (!layer) continue;
    const [steps] = edit.tensor(layer.outputs[OUTPUT.sequence]).shape;
    const { direction } = layer.attributes;
    const last = direction === "reverse" ? 0 : steps - 1;
    const { data } = edit.tensor(layer.inputs[INPUT.lengths]);
    const whole = data && toNumbers(data).every((length) => length === steps);
    if (direction === "bidirectional" || pick.index !== last || !whole) continue;
    const [output] = node.outputs;
    const { shape, quantization } = edit.tensor(output);
    const state = edit.tensor(layer.outputs[OUTPUT.hidden]);
    const known = state.quantization ?? edit.tensor(layer.outputs[OUTPUT.sequence]).quantization;
    edit.setTensor({ ...state, ...(known && { quantization: known }) });
    edit.remove(node);
    edit.add(node, "Reshape", [state.name], { shape }, { output, ...(quantization && { quantization }) });
  }
  return edit.finish();
}
