/**
 * Fuses Clip (and so Relu, Relu6) into the clamp bounds of the node before it. In a quantised model only where the
 * value between has no scale of its own, or the same one.
 */
import { editGraph } from "../graph/edit.js";
import type { Graph } from "../graph/ir.js";
import { operatorOf } from "../ops/index.js";
import { sameQuantization } from "../ops/quantize_linear.js";

export function fuseClamp(graph: Graph): Graph {
  const edit = editGraph(graph);
  for (const clip of edit.nodes()) {
    if (clip.operator !== "Clip") continue;
    const [between] = clip.inputs;
    const producer = edit.producer(between);
    if (!producer || producer.outputs.length > 1) continue;
    if (edit.soleConsumer(between) !== clip || !operatorOf(producer).fusesClamp) continue;
    const inner = edit.tensor(between).quantization;
    const outer = edit.tensor(clip.outputs[0]).quantization;
    if (inner && outer && !sameQuantization(inner, outer)) continue;
    if (inner && !outer) edit.setTensor({ ...edit.tensor(clip.outputs[0]), quantization: inner });
    // MaxPool keeps the scale of its input, so a scale that only the clamp's output has cannot be used there.
    if (producer.operator === "MaxPool" && outer && !inner) continue;
    const min = (producer.attributes.fused_min as number | undefined) ?? Number.NEGATIVE_INFINITY;
    const max = (producer.attributes.fused_max as number | undefined) ?? Number.POSITIVE_INFINITY;
    const low = clip.attributes.min as number;
    const high = clip.attributes.max as number;
    // Clamping twice: the later bounds win where they contradict.
    const bound = (value: number) => Math.min(high, Math.max(low, value));
    edit.remove(clip);
    edit.replace(producer, {
      ...producer,
      outputs: clip.outputs,
      attributes: { ...producer.attributes, fused_min: bound(min), fused_max: bound(max) },
    });
  }
  return edit.finish();
}
