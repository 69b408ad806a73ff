/** The fused clamp of a node: fused_min and fused_max bound its real output (a fused Relu or Clip). */
import { floatAttribute } from "../graph/attributes.js";
import { bytesPerElement, type Node, STORED_BOUNDS } from "../graph/ir.js";
import { STORED_TYPES, type Stored } from "../lower/lowering.js";
import { roundHalfEven } from "../numerics/requantize.js";

export function clampFloat(node: Node): { out_min: number; out_max: number } {
  return {
    out_min: floatAttribute(node, "fused_min", Number.NEGATIVE_INFINITY),
    out_max: floatAttribute(node, "fused_max", Number.POSITIVE_INFINITY),
  };
}

interface StoredClamp {
  out_min: number;
  out_max: number;
  out_zero_point: number;
}

/** The clamp in stored values, half to even as QuantizeLinear rounds, within what `form` holds. */
export function clampStored(node: Node, { form, scale, zeroPoint }: Stored): StoredClamp {
  const { out_min, out_max } = clampFloat(node);
  const [low, high] = STORED_BOUNDS[STORED_TYPES[form]];
  const stored = (real: number) => Math.max(low, Math.min(high, roundHalfEven(Math.fround(real / scale)) + zeroPoint));
  return { out_min: stored(out_min), out_max: stored(out_max), out_zero_point: zeroPoint };
}

export function clampInt8(node: Node, q: { scale: number; zeroPoint: number }): StoredClamp {
  return clampStored(node, { ...q, form: "s8" });
}

/** Clamp and size of the results of a kernel that gives int8 or int16. */
export function clampWide(node: Node, output: Stored): StoredClamp & { out_bytes: number } {
  return { ...clampStored(node, output), out_bytes: bytesPerElement(STORED_TYPES[output.form]) };
}
