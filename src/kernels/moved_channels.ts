/** How channels flow through kernels that move elements. */
import { type ChannelFlow, countKept, type FlowContext, type KeptChannels, keptBefore } from "./channels.js";
import { commonDivisor } from "./common_divisor.js";

type StridedParams = { shape: readonly number[]; in_stride: readonly number[] };

/**
 * Rows of consecutive elements, from strides that keep their channels in place; undefined where the last axis is not
 * consecutive.
 * @param offset of the first element
 */
export function stridedChannels(p: StridedParams, offset: number, context: FlowContext): ChannelFlow | undefined {
  if (p.in_stride[5] !== 1) return undefined;
  const outer = p.in_stride.slice(0, 5).filter((_, axis) => p.shape[axis] > 1);
  const channels = outer.reduce(commonDivisor, context.inputElements[0]);
  const row = p.shape[5];
  const source = (i: number) => (offset + i) % channels;
  return {
    inputs: [channels],
    outputs: [row],
    ranges: ([{ min, max }]) => [
      {
        min: Float64Array.from({ length: row }, (_, i) => min[source(i)]),
        max: Float64Array.from({ length: row }, (_, i) => max[source(i)]),
      },
    ],
    require: ({ inputs: [input], outputs: [output] }) => together(output, input, source),
    narrow: ({ inputs: [input], outputs: [output] }) => ({
      params: {
        ...p,
        shape: p.shape.with(5, countKept(output)),
        in_stride: p.in_stride.map((step, axis) => (axis < 5 ? keptBefore(step, input) : step)),
        ...("in_offset" in p && { in_offset: keptBefore(offset, input) }),
      },
    }),
  };
}

/** Output channel i and input channel source(i), where there is one, stay or go together. */
export function together(
  output: KeptChannels["outputs"][number],
  input: KeptChannels["inputs"][number],
  source: (i: number) => number | undefined,
): void {
  for (let i = 0; i < output.length; i++) {
    const from = source(i);
    if (from !== undefined && input[from]) output[i] = 1;
  }
  for (let i = 0; i < output.length; i++) {
    const from = source(i);
    if (from !== undefined && output[i]) input[from] = 1;
  }
}
