/**
 * How channels flow through int8 layers with weights. An input channel that always has one value is no longer read: what
 * it adds becomes part of the bias, provided that it adds the same at every position. In the padding it counts as the zero
 * point, so a channel of another value may add less at the border.
 */
import type { TypedArray } from "../graph/ir.js";
import { requantize } from "../numerics/requantize.js";
import type { ChannelFlow, Flags, KeptChannels, NarrowedStep, Ranges } from "./channels.js";
import { countKept, emptyRanges, include, isConstant } from "./channels.js";
import { type ConvS8Params, tapsBefore, transposedSource } from "./image_params.js";
import type { Params } from "./kernel.js";

interface Tables {
  readonly weights: Int8Array;
  readonly bias: Int32Array;
  readonly multiplier: Int32Array;
  readonly shift: Uint8Array;
}

export interface WeightedLayer {
  readonly params: Params & { out_zero_point: number; out_min: number; out_max: number };
  readonly tables: Tables;
  readonly inputs: number;
  readonly outputs: number;
  /** Of the weights per output and input channel. */
  readonly taps: number;
  readonly inZeroPoint: number;
  /** Which taps lie in the padding, for every case that occurs. */
  readonly windows: readonly Flags[];
  /** The input channels [first, end) that an output channel is computed from. */
  source(output: number): { readonly first: number; readonly end: number };
  /** Index of a weight; `input` counts from the first of the output's source. */
  weight(output: number, tap: number, input: number): number;
  /** Input and output channels that stay or go together, beyond what the weights ask for. */
  require(kept: KeptChannels): void;
  /** Params of the layer with fewer channels. */
  narrowParams(inputs: number, outputs: number): Params;
}

/** Input channels are dropped where no kept output needs them, output channels where nobody does. */
export function weightedFlow(layer: WeightedLayer): ChannelFlow {
  const { tables, outputs, taps, inZeroPoint, windows } = layer;

  /** What a constant input channel adds to an output; undefined where that depends on the position. */
  function constantTerm(output: number, input: number, value: number): number | undefined {
    let all = 0;
    for (let tap = 0; tap < taps; tap++) all += tables.weights[layer.weight(output, tap, input)];
    if (value === inZeroPoint) return value * all;
    let term: number | undefined;
    for (const padded of windows) {
      let sum = value * all;
      for (let tap = 0; tap < taps; tap++) {
        if (padded[tap]) sum += (inZeroPoint - value) * tables.weights[layer.weight(output, tap, input)];
      }
      if (term !== undefined && term !== sum) return undefined;
      term = sum;
    }
    return term ?? 0;
  }

  function needs(output: number, input: number, channel: number, ranges: Ranges): boolean {
    let zero = true;
    for (let tap = 0; tap < taps && zero; tap++) zero = tables.weights[layer.weight(output, tap, input)] === 0;
    if (zero) return false;
    return !isConstant(ranges, channel) || constantTerm(output, input, ranges.min[channel]) === undefined;
  }

  return {
    inputs: [layer.inputs],
    outputs: [outputs],

    ranges([input]) {
      const { multiplier, shift } = tables;
      const { out_zero_point, out_min, out_max } = layer.params;
      const result = emptyRanges(outputs);
      const low = new Float64Array(taps);
      const high = new Float64Array(taps);
      const padding = new Float64Array(taps);
      for (let output = 0; output < outputs; output++) {
        const { first, end } = layer.source(output);
        for (let tap = 0; tap < taps; tap++) {
          let [least, most, sum] = [0, 0, 0];
          for (let channel = first; channel < end; channel++) {
            const w = tables.weights[layer.weight(output, tap, channel - first)];
            if (w === 0) continue;
            least += w * (w > 0 ? input.min[channel] : input.max[channel]);
            most += w * (w > 0 ? input.max[channel] : input.min[channel]);
            sum += w;
          }
          low[tap] = least;
          high[tap] = most;
          padding[tap] = sum * inZeroPoint;
        }
        const store = (acc: number) =>
          requantize(acc, multiplier[output], shift[output], out_zero_point, out_min, out_max);
        for (const padded of windows) {
          let least = tables.bias[output];
          let most = least;
          for (let tap = 0; tap < taps; tap++) {
            least += padded[tap] ? padding[tap] : low[tap];
            most += padded[tap] ? padding[tap] : high[tap];
          }
          include(result, output, store(least), store(most));
        }
      }
      return [result];
    },

    require(kept, [input]) {
      const [inputs, results] = [kept.inputs[0], kept.outputs[0]];
      layer.require(kept);
      let missing = inputs.length - countKept(inputs);
      for (let output = 0; output < outputs && missing > 0; output++) {
        if (!results[output]) continue;
        const { first, end } = layer.source(output);
        for (let channel = first; channel < end; channel++) {
          if (inputs[channel] || !needs(output, channel - first, channel, input)) continue;
          inputs[channel] = 1;
          missing--;
        }
      }
      layer.require(kept);
    },

    narrow(kept, [input]): NarrowedStep {
      const [inputs, results] = [kept.inputs[0], kept.outputs[0]];
      const chosen = [...results.keys()].filter((output) => results[output]);
      const bias = Int32Array.from(chosen, (output) => {
        const { first, end } = layer.source(output);
        let sum = tables.bias[output];
        for (let channel = first; channel < end; channel++) {
          // A weight of zero adds nothing, whatever the channel holds.
          if (!inputs[channel] && isConstant(input, channel)) {
            sum += constantTerm(output, channel - first, input.min[channel]) ?? 0;
          }
        }
        return sum;
      });
      const keep = new Uint8Array(tables.weights.length);
      for (const output of chosen) {
        const { first, end } = layer.source(output);
        for (let tap = 0; tap < taps; tap++) {
          for (let channel = first; channel < end; channel++) {
            if (inputs[channel]) keep[layer.weight(output, tap, channel - first)] = 1;
          }
        }
      }
      const pick = <T extends TypedArray>(table: T) => table.filter((_: unknown, i: number) => results[i]) as T;
      const weights = tables.weights.filter((_, i) => keep[i]);
      return {
        params: layer.narrowParams(countKept(inputs), chosen.length),
        constants: { weights, bias, multiplier: pick(tables.multiplier), shift: pick(tables.shift) },
        macs: weights.length / tables.weights.length,
      };
    },
  };
}

/** Per axis: which taps lie outside the input, for every case that occurs. */
function axisCases(outputs: number, taps: number, outside: (output: number, tap: number) => boolean): Flags[] {
  const cases = new Map<string, Flags>();
  for (let output = 0; output < outputs; output++) {
    const flags = Uint8Array.from({ length: taps }, (_, tap) => (outside(output, tap) ? 1 : 0));
    cases.set(flags.join(""), flags);
  }
  return [...cases.values()];
}

function crossed(rows: readonly Flags[], columns: readonly Flags[]): Flags[] {
  return rows.flatMap((row) =>
    columns.map((column) => Uint8Array.from(Array.from(row, (y) => Array.from(column, (x) => y | x)).flat())),
  );
}

function axisWindows(outputs: number, size: number, taps: number, stride: number, dilation: number, pad: number) {
  return axisCases(outputs, taps, (output, tap) => {
    const start = output * stride - pad;
    return tap < tapsBefore(-start, dilation, taps) || tap >= tapsBefore(size - start, dilation, taps);
  });
}

function transposedWindows(outputs: number, size: number, taps: number, stride: number, dilation: number, pad: number) {
  return axisCases(outputs, taps, (output, tap) => transposedSource(output + pad - tap * dilation, stride, size) < 0);
}

function imageWindows(p: ConvS8Params, of: typeof axisWindows): Flags[] {
  return crossed(
    of(p.out_h, p.in_h, p.kernel_h, p.stride_h, p.dilation_h, p.pad_top),
    of(p.out_w, p.in_w, p.kernel_w, p.stride_w, p.dilation_w, p.pad_left),
  );
}

/** The kernel table of a step is checked against the slots of its kernel. */
const tablesOf = (constants: Readonly<Record<string, TypedArray>>) => constants as unknown as Tables;

/** Weights [out_c][kernel_h][kernel_w][in_c / groups]. Of a grouped layer whole groups stay or go. */
export function convChannels(
  p: ConvS8Params & { groups: number },
  constants: Readonly<Record<string, TypedArray>>,
  transposed = false,
): ChannelFlow {
  const groupIn = p.in_c / p.groups;
  const groupOut = p.out_c / p.groups;
  const taps = p.kernel_h * p.kernel_w;
  return weightedFlow({
    params: p,
    tables: tablesOf(constants),
    inputs: p.in_c,
    outputs: p.out_c,
    taps,
    inZeroPoint: p.in_zero_point,
    windows: imageWindows(p, transposed ? transposedWindows : axisWindows),
    source(output) {
      const first = Math.floor(output / groupOut) * groupIn;
      return { first, end: first + groupIn };
    },
    weight: (output, tap, input) => (output * taps + tap) * groupIn + input,
    require(kept) {
      if (p.groups > 1) keepGroups(p.groups, [kept.inputs[0], kept.outputs[0]]);
    },
    narrowParams(inputs, outputs) {
      const groups = p.groups === 1 ? 1 : outputs / groupOut;
      return { ...p, in_c: inputs, out_c: outputs, groups };
    },
  });
}

/** Sets all flags of a group where one is set. */
function keepGroups(groups: number, sides: readonly Flags[]): void {
  for (let group = 0; group < groups; group++) {
    const parts = sides.map((flags) => {
      const size = flags.length / groups;
      return flags.subarray(group * size, (group + 1) * size);
    });
    if (parts.some((part) => part.includes(1))) for (const part of parts) part.fill(1);
  }
}

/** Weights [kernel_h][kernel_w][out_c]. An input channel and all outputs made from it stay or go together. */
export function depthwiseChannels(
  p: ConvS8Params & { channel_multiplier: number },
  constants: Readonly<Record<string, TypedArray>>,
): ChannelFlow {
  return weightedFlow({
    params: p,
    tables: tablesOf(constants),
    inputs: p.in_c,
    outputs: p.out_c,
    taps: p.kernel_h * p.kernel_w,
    inZeroPoint: p.in_zero_point,
    windows: imageWindows(p, axisWindows),
    source(output) {
      const first = Math.floor(output / p.channel_multiplier);
      return { first, end: first + 1 };
    },
    weight: (output, tap) => tap * p.out_c + output,
    require: (kept) => keepGroups(p.in_c, [kept.inputs[0], kept.outputs[0]]),
    narrowParams: (inputs, outputs) => ({ ...p, in_c: inputs, out_c: outputs }),
  });
}

/** Weights [out_features][in_features]. */
export function fullyConnectedChannels(
  p: { in_features: number; out_features: number; out_zero_point: number; out_min: number; out_max: number },
  constants: Readonly<Record<string, TypedArray>>,
): ChannelFlow {
  return weightedFlow({
    params: p,
    tables: tablesOf(constants),
    inputs: p.in_features,
    outputs: p.out_features,
    taps: 1,
    inZeroPoint: 0,
    windows: [Uint8Array.of(0)],
    source: () => ({ first: 0, end: p.in_features }),
    weight: (output, _tap, input) => output * p.in_features + input,
    require: () => {},
    narrowParams: (inputs, outputs) => ({ ...p, in_features: inputs, out_features: outputs }),
  });
}
