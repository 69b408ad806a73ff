/** The fused clamp of a node: fused_min and fused_max bound its real output (a fused Relu or Clip). */
import { floatAttribute } from "../graph/attributes.js";
import type { Node } from "../graph/ir.js";
import { roundHalfEven } from "../numerics/requantize.js";

export function clampFloat(node: Node): { out_min: number; out_max: number } {
  return {
    out_min: floatAttribute(node, "fused_min", Number.NEGATIVE_INFINITY),
    out_max: floatAttribute(node, "fused_max", Number.POSITIVE_INFINITY),
  };
}

/** The clamp in stored values, half to even as QuantizeLinear rounds, within [-128, 127]. */
export function clampInt8(
  node: Node,
  q: { scale: number; zeroPoint: number },
): { out_min: number; out_max: number; out_zero_point: number } {
  const { out_min, out_max } = clampFloat(node);
  const stored = (real: number) =>
    Math.max(-128, Math.min(127, roundHalfEven(Math.fround(real / q.scale)) + q.zeroPoint));
  return { out_min: stored(out_min), out_max: stored(out_max), out_zero_point: q.zeroPoint };
}
