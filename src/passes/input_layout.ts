/** --input-layout: whether image inputs are N,H,W,C or N,C,H,W. Data is fed in the layout that the firmware takes. */
import { UserError } from "../errors.js";
import { editGraph, type GraphEdit } from "../graph/edit.js";
import { fedInputs, type Graph } from "../graph/ir.js";
import { permOf } from "../ops/Transpose.js";
import { isLayoutBound } from "./channels_last.js";

export type InputLayout = "nhwc" | "nchw";

const TO_LAST = [0, 2, 3, 1];
const TO_FIRST = [0, 3, 1, 2];

/** The layout in which the graph reads an input, judged by the first layout-bound node behind it. */
function layoutOf(edit: GraphEdit, input: string): InputLayout | undefined {
  const queue = [input];
  const seen = new Set(queue);
  for (let value = queue.shift(); value !== undefined; value = queue.shift()) {
    for (const node of edit.consumers(value)) {
      if (node.operator === "Transpose" && permOf(node).every((axis, i) => axis === TO_LAST[i])) return "nchw";
      if (isLayoutBound(node, edit.tensor(value))) return "nhwc";
      const next = node.outputs[0];
      if (edit.tensor(next).shape.length === 4 && !seen.has(next)) {
        seen.add(next);
        queue.push(next);
      }
    }
  }
  return undefined;
}

/** Runs on the channels-last graph, before Transposes of single channels become Reshapes. */
export function setInputLayout(graph: Graph, wanted: InputLayout): Graph {
  const edit = editGraph(graph);
  let found = false;
  for (const name of fedInputs(graph)) {
    const input = edit.tensor(name);
    const layout = input.shape.length === 4 ? layoutOf(edit, name) : undefined;
    if (!layout) continue;
    found = true;
    if (layout === wanted) continue;
    const perm = wanted === "nhwc" ? TO_LAST : TO_FIRST;
    const back = wanted === "nhwc" ? TO_FIRST : TO_LAST;
    const readers = edit.consumers(name);
    edit.setTensor({ ...input, shape: perm.map((axis) => input.shape[axis]) });
    const origin = { ...readers[0], name: `${name}_layout`, outputs: [name] };
    const restored = edit.add(origin, "Transpose", [name], { perm: back }, { quantization: input.quantization });
    for (const reader of readers) {
      edit.replace(reader, { ...reader, inputs: reader.inputs.map((value) => (value === name ? restored : value)) });
    }
  }
  if (!found) {
    throw new UserError(
      "E_USAGE",
      "--input-layout applies to image inputs of rank 4 that reach a convolution or pooling; this model has none",
    );
  }
  return edit.finish();
}
