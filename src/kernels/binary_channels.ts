/** How channels flow through int8 operators on two operands that broadcast. */
import type { BroadcastParams } from "./broadcast_params.js";
import { type ChannelFlow, countKept, emptyRanges, include, keptBefore, type Ranges } from "./channels.js";
import { commonDivisor } from "./common_divisor.js";

/** An operand with one value along the last loop has one channel: nothing is known of its others. */
function operandChannels(shape: readonly number[], stride: readonly number[]): number | undefined {
  if (stride[5] === 0) return 1;
  if (stride[5] !== 1) return undefined;
  return stride
    .slice(0, 5)
    .reduce((common, step, axis) => (shape[axis] > 1 ? commonDivisor(common, step) : common), shape[5]);
}

/** @param apply the operator on two stored values; monotone in each, whatever the other is */
export function binaryChannels(p: BroadcastParams, apply: (a: number, b: number) => number): ChannelFlow | undefined {
  const strides = [p.a_stride, p.b_stride];
  const channels = p.shape[5];
  const operands = strides.map((stride) => operandChannels(p.shape, stride));
  if (operands.includes(undefined)) return undefined;
  const inputs = operands as number[];
  return {
    inputs,
    outputs: [channels],
    ranges([a, b]) {
      const result = emptyRanges(channels);
      for (let channel = 0; channel < channels; channel++) {
        for (const x of bounds(a, channel % inputs[0])) {
          for (const y of bounds(b, channel % inputs[1])) {
            const value = apply(x, y);
            include(result, channel, value, value);
          }
        }
      }
      return [result];
    },
    require(kept) {
      const [output] = kept.outputs;
      const together = kept.inputs.filter((_, i) => strides[i][5] === 1);
      for (const flags of together)
        output.forEach((_, channel) => {
          output[channel] |= flags[channel % flags.length];
        });
      for (const flags of kept.inputs)
        output.forEach((flag, channel) => {
          flags[channel % flags.length] |= flag;
        });
    },
    narrow(kept) {
      const [a_stride, b_stride] = strides.map((stride, i) => [
        ...stride.slice(0, 5).map((step) => keptBefore(step, kept.inputs[i])),
        stride[5],
      ]);
      return { params: { ...p, shape: p.shape.with(5, countKept(kept.outputs[0])), a_stride, b_stride } };
    },
  };
}

function bounds({ min, max }: Ranges, channel: number): readonly number[] {
  return [min[channel], max[channel]];
}
