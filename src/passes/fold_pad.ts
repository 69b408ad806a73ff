/** Folds a Pad with zeros over the spatial axes into the pads of the Conv, or zero-counting AveragePool, behind it. */
import { editGraph } from "../graph/edit.js";
import type { Graph } from "../graph/ir.js";

export function foldPad(graph: Graph): Graph {
  const edit = editGraph(graph);
  for (const pad of edit.nodes()) {
    if (pad.operator !== "Pad" || pad.attributes.value !== 0) continue;
    const layer = edit.soleConsumer(pad.outputs[0]);
    const counts = layer?.operator === "AveragePool" && layer.attributes.count_include_pad === 1;
    if (!layer || !(layer.operator === "Conv" || (counts && layer.attributes.ceil_mode === 0))) continue;
    const pads = pad.attributes.pads as readonly number[];
    const rank = pads.length / 2;
    if (rank !== 4 || [0, 1, rank, rank + 1].some((i) => pads[i] !== 0)) continue;
    const own = layer.attributes.pads as readonly number[];
    const added = [pads[2], pads[3], pads[6], pads[7]];
    edit.remove(pad);
    edit.replace(layer, {
      ...layer,
      inputs: [pad.inputs[0], ...layer.inputs.slice(1)],
      attributes: { ...layer.attributes, pads: own.map((value, i) => value + added[i]) },
    });
  }
  return edit.finish();
}
