/** What the means on stored integers share: AveragePool and ReduceMean, of int8 and of int16 values. */
import type { Node } from "../graph/ir.js";
import type { Lowering } from "../lower/lowering.js";
import { fixedPoint, MAX_MULTIPLIER, type Multiplier } from "../numerics/requantize.js";
import { clampInt8, clampWide } from "./clamp.js";

/** int16 values whose sum stays in int32. */
const MOST_WIDE_SUMMANDS = 2 ** 16 - 1;

export interface IntegerMean {
  /** Of the values that the kernel reads: the end of its name. */
  readonly form: "s8" | "s16";
  /** Zero points, clamp and size of the results. */
  readonly params: Readonly<Record<string, number>>;
  /** in_scale / (out_scale * count) for a mean of `count` values. */
  multiplier(count: number): Multiplier;
  /** Input and output of the step, defined as it needs them. */
  io(): { inputs: number[]; outputs: number[] };
}

/** A mean of up to `most` values; undefined where it has no form on integers, and runs in float32. */
export function integerMean(node: Node, lowering: Lowering, most: number): IntegerMean | undefined {
  const [x] = node.inputs;
  const input = lowering.stored(x);
  const output = lowering.stored(node.outputs[0]);
  if (!input || !output || input.scale / output.scale >= MAX_MULTIPLIER) return undefined;
  const wide = input.form === "s16" || output.form === "s16";
  if (wide && most > MOST_WIDE_SUMMANDS) return undefined;
  const form = wide ? "s16" : "s8";
  return {
    form,
    params: wide ? { ...clampWide(node, output) } : { in_zero_point: input.zeroPoint, ...clampInt8(node, output) },
    multiplier: (count) => fixedPoint(input.scale / (output.scale * count), (wide ? 2 ** 15 : 256) * count),
    io: () => ({ inputs: [lowering[form](x)], outputs: [lowering.define(node.outputs[0], output.form)] }),
  };
}
