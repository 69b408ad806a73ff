/** What the convolutions of the DSP extension without a loop over the taps share: their C functions, tables and cost. */
import { type CFunction, int32Fields } from "../kernel.js";
import type { Conv2dS8Params } from "../nn_conv2d_s8.js";
import { type Cost, type Implementation, type PlainCall, whenUsed } from "../variant.js";
import { CONV2D_FIELDS, type Pair, packed, type Runs } from "./conv2d_s8_dsp.js";
import { commonShiftOf, SHIFTS } from "./smmla.js";

/** Most pairs of taps of a window: more would take more code than the loop that they spare. */
export const MOST_STEPS = 80;

/** What the code is made for: rows of the kernel, and pairs of taps in each; channels of the input of a kernel of 1x1. */
export interface Shape {
  readonly runs: number;
  readonly steps: number;
  readonly in_c?: number;
}

/** One of the two ways to lay out the input. */
export interface Form {
  /** Of the variant, and the stem of its C functions. */
  readonly name: string;
  /** A shape in the names of C functions, and back. */
  readonly tag: { of(shape: Shape): string; readonly pattern: string; shape(...numbers: number[]): Shape };
  /** Without the taps. */
  readonly codeBytes: number;
  /** Input values that lie side by side in a window, and how many such runs there are. */
  runs(p: Conv2dS8Params): Runs;
  pairs(p: Conv2dS8Params, length: number): readonly Pair[];
  /** Scratch, and parameters of the C function beyond those of the plain one. */
  layout(p: Conv2dS8Params, shape: Shape): { readonly scratchBytes: number; readonly extra: Record<string, number> };
  lead(p: Conv2dS8Params, shape: Shape): number;
  /** Pairs of pixels, where the last of an odd number counts as one. */
  pixelPairs(p: Conv2dS8Params): number;
  /** Of the whole call, but for the blocks of multiply(). */
  cost(p: Conv2dS8Params, shape: Shape): Cost;
}

/** Bytes of code and instructions of a pair of taps, for two pixels and four channels. */
const STEP_BYTES = 44;
const STEP: Cost = { instructions: 11, cycles: 17 };

const functionName = (form: Form, shape: Shape, s: number, clamped: boolean) =>
  `${form.name}_${form.tag.of(shape)}_shift${s}${clamped ? "_clamp" : ""}`;

/** `find` of a variant: functions are made for the shapes that are asked for. */
export function finderOf(form: Form): (name: string) => CFunction | undefined {
  const pattern = new RegExp(`^${form.name}_${form.tag.pattern}_shift(\\d+)(_clamp)?$`);
  const made = new Map<string, CFunction>();
  return (name) => {
    const found = made.get(name) ?? parse(name);
    if (found) made.set(name, found);
    return found;
  };

  function parse(name: string): CFunction | undefined {
    const match = pattern.exec(name);
    if (!match) return undefined;
    const s = Number(match.at(-2));
    const shape = form.tag.shape(...match.slice(1, -2).map(Number));
    if (shape.runs * shape.steps > MOST_STEPS || !SHIFTS.includes(s)) return undefined;
    return functionFor(form, shape, s, match.at(-1) !== undefined);
  }
}

/** Words of the frame of multiply() before the clamp; registers that move together to it, and from run to run. */
const HEAD_WORDS = 8;
const COPIED = { first: 2, most: 8 };
const MOVED = { first: 4, most: 6 };

function functionFor(form: Form, shape: Shape, s: number, clamped: boolean): CFunction {
  const name = functionName(form, shape, s, clamped);
  const { runs, steps, in_c } = shape;
  const pointwise = in_c !== undefined;
  const runsAt = HEAD_WORDS + (clamped ? 2 : 0);
  const words = runsAt + runs;
  return {
    name,
    inputs: 1,
    outputs: 1,
    params: [...CONV2D_FIELDS, ...(pointwise ? int32Fields("chunk") : [])],
    constants: [{ name: "packed", type: "int32" }],
    inPlace: [],
    template: {
      name: "conv2d_s8_dsp_unrolled",
      view: {
        ...{ name, upper: name.toUpperCase(), pointwise, clamped, runs, steps, ...(pointwise && { in_c }) },
        ...{ shift: s, bits: 32 + s, clampOffset: 4 * HEAD_WORDS, runsOffset: 4 * runsAt },
        frame: 8 * Math.ceil(words / 2),
        copied: registerLists(words, COPIED).map((list) => list.join(", ")),
        walked: [
          ...(steps > 1 ? [{ offset: 0, steps: steps - 1 }] : []),
          ...Array.from({ length: runs - 1 }, (_, i) => ({ offset: 4 * (runsAt + 1 + i), steps })),
        ],
        moved: registerLists(runs, MOVED).map((list) => list.join(", ")),
      },
    },
  };
}

/** Registers for so many words, as few times as may be. */
function registerLists(words: number, { first, most }: { first: number; most: number }): string[][] {
  return Array.from({ length: Math.ceil(words / most) }, (_, i) =>
    Array.from({ length: Math.min(most, words - i * most) }, (_, k) => `r${first + k}`),
  );
}

/** A call in the given form, for one group and columns without dilation. */
export function implementUnrolled(
  form: Form,
  { params, constants }: PlainCall<Conv2dS8Params>,
): Implementation | string {
  const { groups: _, ...p } = params;
  if (p.out_c < 4) return "it takes four output channels and more";
  const runs = form.runs(params);
  const pairs = form.pairs(params, runs.length);
  const shape = { runs: runs.count, steps: pairs.length, in_c: p.in_c };
  const steps = shape.runs * shape.steps;
  if (steps > MOST_STEPS) return `its windows have more than ${MOST_STEPS} pairs of taps`;
  const common = commonShiftOf(constants, p);
  if (!common) return "the scales of its channels lie too far apart for one shift";
  // Blocks behind the first overlap it where 4 does not divide the channels.
  const rest = p.out_c % 4;
  const channels = rest === 0 ? common.channels : [...common.channels.slice(0, 4), ...common.channels.slice(rest)];
  const clamped = p.out_min > -128 || p.out_max < 127;
  const { scratchBytes, extra } = form.layout(params, shape);
  const blocks = channels.length / 4;
  const pixelPairs = form.pixelPairs(params);
  const around = form.cost(params, shape);
  const total = (of: keyof Cost, block: number) =>
    around[of] + pixelPairs * blocks * (STEP[of] * steps + block + (clamped ? 9 : 0));
  return {
    kernel: functionName(form, shape, common.s, clamped),
    params: { ...p, ...extra },
    constants: whenUsed(["packed"], () => ({ packed: packed(channels, runs, pairs) })),
    scratchBytes,
    // No closer than behind the whole input.
    lead: Math.max(form.lead(params, shape), -p.batch * p.in_h * p.in_w * p.in_c),
    codeBytes: form.codeBytes + STEP_BYTES * steps,
    tableReadings: pixelPairs,
    cost: {
      cycles: Math.round(total("cycles", 46 + 2 * shape.runs)),
      instructions: Math.round(total("instructions", 31 + shape.runs)),
    },
  };
}
