import type { CFunction } from "../kernel.js";
import { int32Fields } from "../kernel.js";
import type { Conv2dS8Params } from "../nn_conv2d_s8.js";
import { defineVariant } from "../variant.js";
import { channelTables, type ScaledChannel, SHIFTS, withCommonShift } from "./smmla.js";

const NAME = "nn_conv2d_s8_dsp_w16";

/** The C function for a shift s, with or without a clamp other than that of int8. */
function functionFor(s: number, clamped: boolean): CFunction {
  const name = `${NAME}_shift${s}${clamped ? "_clamp" : ""}`;
  return {
    name,
    inputs: 1,
    outputs: 1,
    params: int32Fields(
      "batch in_h in_w in_c out_h out_w out_c kernel_h kernel_w stride_h stride_w dilation_h dilation_w",
      "pad_top pad_left in_zero_point out_zero_point out_min out_max",
    ),
    constants: [{ name: "packed", type: "int32" }],
    inPlace: [],
    template: {
      name: "conv2d_s8_dsp_w16",
      view: {
        ...{ name, upper: name.toUpperCase(), shift: s, bits: 32 + s, clamped },
        ...(clamped ? { frame: 40, frameRegisters: "r2-r11" } : { frame: 32, frameRegisters: "r2-r9" }),
      },
    },
  };
}

const functions = new Map(
  SHIFTS.flatMap((s) => [functionFor(s, false), functionFor(s, true)]).map((made) => [made.name, made]),
);

/** Input values that lie side by side: how many, and how many such runs a window has. */
export function runsOf(p: Conv2dS8Params) {
  const taps = p.dilation_w === 1 ? p.kernel_w : 1;
  return { length: taps * p.in_c, count: (p.kernel_h * p.kernel_w) / taps };
}

/** The pairs in which the bytes of a run are widened; undefined stands for nothing. */
export function pairsOfRun(length: number): (readonly [number, number | undefined])[] {
  const pairs: [number, number | undefined][] = [];
  for (let at = 0; at + 3 <= length; at += 4) {
    pairs.push([at, at + 2], [at + 1, at + 3 < length ? at + 3 : undefined]);
  }
  const left = length % 4;
  if (left === 1 || left === 2) pairs.push([length - left, left === 2 ? length - 1 : undefined]);
  return pairs;
}

/** Blocks of four channels: biases, pairs of weights, multipliers; see the header of the C function. */
function packed(channels: readonly ScaledChannel[], runs: ReturnType<typeof runsOf>): Int32Array {
  const pairs = pairsOfRun(runs.length);
  const words: number[] = [];
  for (let first = 0; first < channels.length; first += 4) {
    const four = Array.from({ length: 4 }, (_, i) => channels[first + i]);
    words.push(...four.map((channel) => channel?.bias ?? 0));
    for (let run = 0; run < runs.count; run++) {
      const at = run * runs.length;
      for (const [low, high] of pairs) {
        for (const channel of four) {
          const pair = [low, high].map((i) => (channel && i !== undefined ? channel.weights[at + i] : 0));
          words.push((pair[0] & 0xffff) | (pair[1] << 16));
        }
      }
    }
    words.push(...four.map((channel) => channel?.multiplier ?? 0));
  }
  return Int32Array.from(words);
}

/**
 * How many bytes before the input the output may start: pixels are written in pairs, when the windows of both have been
 * read. Every pair must end before the first byte that a later window reads.
 */
export function leadOfPairs(p: Conv2dS8Params): number {
  /** The first tap inside an axis, as a position, or the size of the axis when all taps lie in the padding. */
  const firstInside = (start: number, dilation: number, taps: number, size: number) => {
    const tap = start < 0 ? Math.ceil(-start / dilation) : 0;
    return tap < taps && start + tap * dilation < size ? start + tap * dilation : size;
  };
  const columns = Array.from({ length: p.out_w }, (_, ox) =>
    firstInside(ox * p.stride_w - p.pad_left, p.dilation_w, p.kernel_w, p.in_w),
  );
  const rows = Array.from({ length: p.out_h }, (_, oy) =>
    firstInside(oy * p.stride_h - p.pad_top, p.dilation_h, p.kernel_h, p.in_h),
  );
  let lead = Number.NEGATIVE_INFINITY;
  let unread = Number.POSITIVE_INFINITY;
  let pixel = p.batch * p.out_h * p.out_w;
  for (let n = p.batch - 1; n >= 0; n--) {
    for (let oy = p.out_h - 1; oy >= 0; oy--) {
      for (let ox = p.out_w - 1; ox >= 0; ox--) {
        // Here `unread` is the first byte that pixels from `pixel` on read.
        if (pixel % 2 === 0) lead = Math.max(lead, pixel * p.out_c - unread);
        pixel--;
        if (rows[oy] < p.in_h && columns[ox] < p.in_w) {
          unread = Math.min(unread, ((n * p.in_h + rows[oy]) * p.in_w + columns[ox]) * p.in_c);
        }
      }
    }
  }
  return lead;
}

/**
 * Convolution with one group by SMLAD on weights of 16 bits. The window of two pixels is widened once, then each block of
 * four channels is one run over it: eight sums in registers, 11 instructions per 16 products.
 */
export default defineVariant<Conv2dS8Params>({
  name: NAME,
  of: "nn_conv2d_s8",
  isa: "dsp",
  codeBytes: 1900,
  find: (name) => functions.get(name),
  implement({ params, constants }, target) {
    const { groups, ...p } = params;
    if (groups !== 1) return "it takes no groups";
    const common = withCommonShift(channelTables(constants), p);
    if (!common) return "the scales of its channels lie too far apart for one shift";
    const runs = runsOf(params);
    const table = packed(common.channels, runs);
    const steps = runs.count * pairsOfRun(runs.length).length;
    const clamped = p.out_min > -128 || p.out_max < 127;
    const lead = leadOfPairs(params);
    return {
      kernel: functionFor(common.s, clamped).name,
      params: p,
      constants: { packed: table },
      scratchBytes: 8 * steps + (p.in_c % 4 === 0 ? 0 : runs.length),
      ...(Number.isFinite(lead) && { lead }),
      cost: costOf(p, steps, table.byteLength, target.flashWaitStates),
    };
  },
});

function costOf(p: Omit<Conv2dS8Params, "groups">, steps: number, tableBytes: number, waitStates: number) {
  const pairs = Math.ceil((p.batch * p.out_h * p.out_w) / 2);
  const blocks = Math.ceil(p.out_c / 4);
  const perPair = {
    cycles: blocks * (17 * steps + 60) + 14 * steps,
    instructions: blocks * (11 * steps + 35) + 6 * steps,
  };
  return {
    cycles: Math.round(pairs * (perPair.cycles + (waitStates * tableBytes) / 16)),
    instructions: pairs * perPair.instructions,
  };
}
