/**
 * Quantised model -> float model that keeps what quantisation clamps: producers of QDQ models drop a Relu or Clip whose
 * bounds are those of the stored type, so every quantised value gets them back as a Clip. Rounding is left out.
 */
import { editGraph } from "../graph/edit.js";
import type { Graph } from "../graph/ir.js";
import { operatorOf } from "../ops/index.js";
import { fuseClamp } from "./fuse_clamp.js";

export function saturate(graph: Graph): Graph {
  const edit = editGraph(graph);
  for (const node of edit.nodes()) {
    const [output] = node.outputs;
    const { quantization: q, ...plain } = edit.tensor(output);
    if (!q || plain.type !== "float32") continue;
    edit.setTensor(plain);
    if (operatorOf(node).quantize === "shared" || node.operator === "DequantizeLinear") continue;
    const bounds = { min: (-128 - q.zeroPoint[0]) * q.scale[0], max: (127 - q.zeroPoint[0]) * q.scale[0] };
    const raw = edit.uniqueName(`${output}_unclamped`);
    edit.setTensor({ ...plain, name: raw });
    edit.replace(node, { ...node, outputs: [raw] });
    edit.add(node, "Clip", [raw], bounds, { output });
  }
  return fuseClamp(edit.finish());
}
