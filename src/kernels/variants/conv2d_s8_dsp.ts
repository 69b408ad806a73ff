/** What the convolutions of the DSP extension share: their C functions, the packing of their weights, their cost. */
import type { CFunction } from "../kernel.js";
import { int32Fields } from "../kernel.js";
import type { Conv2dS8Params } from "../nn_conv2d_s8.js";
import { type Cost, type Implementation, type PlainCall, whenUsed } from "../variant.js";
import { commonShiftOf, leftShift, type ScaledChannel, SHIFTS } from "./smmla.js";

/** How a variant lays the input out for the inner loop. */
export interface Layout {
  /** Of the variant, and the stem of its C functions. */
  readonly name: string;
  /** Pairs of taps per turn of the inner loop. */
  readonly unrolled: number;
  /** Input rows are kept in a ring; otherwise windows are copied. */
  readonly ring: boolean;
  /** Weights lie in flash as four bits; they are unpacked block by block for every row of the output. */
  readonly nibbles?: boolean;
  /** Input values that lie side by side in a window, row by row: how many, and how many such runs there are. */
  runs(p: Conv2dS8Params): Runs;
  /** The pairs of values of a run in the order of the inner loop; undefined: nothing, its weight is 0. */
  pairs(p: Conv2dS8Params, length: number): readonly Pair[];
  scratchBytes(p: Conv2dS8Params, steps: number): number;
  /** See Implementation; -Infinity where any overlap is allowed. */
  lead(p: Conv2dS8Params): number;
  /** @param steps pairs of taps of a window */
  cost(p: Conv2dS8Params, steps: number): Cost;
}

export interface Runs {
  readonly length: number;
  readonly count: number;
}

export type Pair = readonly [number, number | undefined];

/** Those of the plain kernel without groups. */
export const CONV2D_FIELDS = int32Fields(
  "batch in_h in_w in_c out_h out_w out_c kernel_h kernel_w stride_h stride_w dilation_h dilation_w",
  "pad_top pad_left in_zero_point out_zero_point out_min out_max",
);

/** The C functions: for each shift, with and without a clamp other than that of int8. */
export function functionsOf(layout: Layout): ReadonlyMap<string, CFunction> {
  const all = SHIFTS.flatMap((s) => [false, true].map((clamped) => functionFor(layout, s, clamped)));
  return new Map(all.map((made) => [made.name, made]));
}

const functionName = (stem: string, s: number, clamped: boolean) => `${stem}_shift${s}${clamped ? "_clamp" : ""}`;

function functionFor(layout: Layout, s: number, clamped: boolean): CFunction {
  const { ring, nibbles = false } = layout;
  const name = functionName(layout.name, s, clamped);
  // What the inner loop is called with: its frame on the stack.
  const clampAt = (ring ? 11 : 8) + (nibbles ? 1 : 0);
  const words = clampAt + (clamped ? 2 : 0);
  return {
    name,
    inputs: 1,
    outputs: 1,
    params: CONV2D_FIELDS,
    constants: [{ name: "packed", type: "int32" }],
    inPlace: [],
    template: {
      name: "conv2d_s8_dsp",
      view: {
        ...{
          name,
          upper: name.toUpperCase(),
          ring,
          nibbles,
          clamped,
          unrolled: layout.unrolled,
          shift: s,
          bits: 32 + s,
        },
        ...{ restRegisters: words > 8 ? `r2-r${words - 7}` : "", clampOffset: 4 * clampAt },
        firstRegister: ring ? "r10" : "r0",
        frame: 8 * Math.ceil(words / 2),
      },
    },
  };
}

/** Blocks of four channels: biases, pairs of weights, multipliers; see the header of the C function. */
export function packed(channels: readonly ScaledChannel[], runs: Runs, pairs: readonly Pair[]): Int32Array {
  const blocks = Math.ceil(channels.length / 4);
  const words = new Int32Array(blocks * 4 * (runs.count * pairs.length + 2));
  let end = 0;
  for (let first = 0; first < channels.length; first += 4) {
    const four = [0, 1, 2, 3].map((i) => channels[first + i]);
    for (const channel of four) words[end++] = channel?.bias ?? 0;
    for (let run = 0; run < runs.count; run++) {
      const at = run * runs.length;
      for (const [low, high] of pairs) {
        for (const channel of four) {
          const weight = (i: number | undefined) => (channel && i !== undefined ? channel.weights[at + i] : 0);
          words[end++] = (weight(low) & 0xffff) | (weight(high) << 16);
        }
      }
    }
    for (const channel of four) words[end++] = channel?.multiplier ?? 0;
  }
  return words;
}

/**
 * The same with weights of four bits: half bytes hold the weight plus 8.
 * @param shifts by which the weights of a channel are shifted to the left
 */
function packedNibbles(
  channels: readonly ScaledChannel[],
  shifts: readonly number[],
  runs: Runs,
  pairs: readonly Pair[],
): Int32Array {
  const words: number[] = [];
  for (let first = 0; first < channels.length; first += 4) {
    const four = channels.slice(first, first + 4);
    const left = shifts.slice(first, first + 4);
    words.push(...four.map(({ bias }) => bias), ...four.map(({ multiplier }) => multiplier), ...left);
    for (let run = 0; run < runs.count; run++) {
      for (const pair of pairs) {
        const halves = pair.flatMap((i) =>
          four.map(({ weights }, k) => (i === undefined ? 8 : weights[run * runs.length + i] / 2 ** left[k] + 8)),
        );
        words.push(halves.reduce((word, half, k) => word | (half << (4 * k)), 0));
      }
    }
  }
  return Int32Array.from(words);
}

/** Left shifts at which eight times the weight still fits in 16 bits. */
const MOST_LEFT_SHIFT = 12;

/** A call with the given layout of the input, for one group. */
export function implementDense(
  layout: Layout,
  { params, constants }: PlainCall<Conv2dS8Params>,
): Implementation | string {
  const { groups: _, ...p } = params;
  const common = commonShiftOf(constants, p);
  if (!common) return "the scales of its channels lie too far apart for one shift";
  const left = layout.nibbles ? leftShifts(constants.shift as Uint8Array, common.s) : [];
  if (typeof left === "string") return left;
  const runs = layout.runs(params);
  const pairs = layout.pairs(params, runs.length);
  const steps = runs.count * pairs.length;
  const { channels } = common;
  const table = () => ({
    packed: layout.nibbles ? packedNibbles(channels, left, runs, pairs) : packed(channels, runs, pairs),
  });
  // No closer than behind the whole input.
  const lead = Math.max(layout.lead(params), -p.batch * p.in_h * p.in_w * p.in_c);
  const { cycles, instructions } = layout.cost(params, steps);
  return {
    kernel: functionName(layout.name, common.s, p.out_min > -128 || p.out_max < 127),
    params: p,
    constants: whenUsed(["packed"], table),
    scratchBytes: layout.scratchBytes(params, steps),
    lead,
    // Once for two pixels, or for a row where it is unpacked.
    tableReadings: layout.nibbles ? p.batch * p.out_h : Math.ceil(pixelsOf(p) / 2),
    cost: { cycles: Math.round(cycles), instructions: Math.round(instructions) },
  };
}

/** How far weights are shifted to take the common shift, as scaledTo does; in words why that cannot be. */
function leftShifts(shift: Uint8Array, s: number): number[] | string {
  const left = Array.from(shift, (n) => leftShift(s, n));
  return left.every((by) => by <= MOST_LEFT_SHIFT)
    ? left
    : "the scales of its channels lie too far apart for one shift";
}

export const pixelsOf = (p: Pick<Conv2dS8Params, "batch" | "out_h" | "out_w">) => p.batch * p.out_h * p.out_w;

/** Where SXTB16 puts the bytes of a run: four at a time, then what is left. */
export function shuffledPairs(length: number): Pair[] {
  const pairs: Pair[] = [];
  for (let at = 0; at + 3 <= length; at += 4) {
    pairs.push([at, at + 2], [at + 1, at + 3 < length ? at + 3 : undefined]);
  }
  const left = length % 4;
  if (left === 1 || left === 2) pairs.push([length - left, left === 2 ? length - 1 : undefined]);
  return pairs;
}

/** Neighbours. */
export function orderedPairs(length: number): Pair[] {
  return Array.from({ length: Math.ceil(length / 2) }, (_, i) => [2 * i, 2 * i + 1 < length ? 2 * i + 1 : undefined]);
}
