/** A form of the graph in which the constants of a layer can be changed: nobody else reads them, and every layer has a bias. */
import { editGraph } from "../../graph/edit.js";
import type { Graph } from "../../graph/ir.js";
import { outputAxis } from "./channel_flow.js";

export function ownConstants(graph: Graph): Graph {
  const edit = editGraph(graph);
  for (const node of edit.nodes()) {
    const axis = outputAxis(node);
    if (axis === undefined || !edit.tensor(node.inputs[1]).data) continue;
    const inputs = node.inputs.map((name, i) => {
      if (i === 0 || name === "" || edit.soleConsumer(name)) return name;
      return edit.addConstant({ ...edit.tensor(name), name: edit.uniqueName(`${name}_copy`) });
    });
    if (!inputs[2] && axis >= 0) {
      const channels = edit.tensor(inputs[1]).shape[axis];
      const name = edit.uniqueName(`${node.outputs[0]}_bias`);
      inputs[2] = edit.addConstant({ name, type: "float32", shape: [channels], data: new Float32Array(channels) });
    }
    edit.replace(node, { ...node, inputs });
  }
  return edit.finish();
}
