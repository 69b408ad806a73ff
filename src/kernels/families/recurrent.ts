/**
 * nn_<cell>_<type>: the layers RNN, GRU and LSTM over all time steps, in float32 and in int8. A cell is what one step
 * does to the state; the loops over directions, sequences and steps are the same for all.
 */
import { clampF32 } from "../../numerics/float_math.js";
import { ACTIVATIONS, interpolate, TABLE_ENTRIES } from "../../numerics/recurrent.js";
import { requantize, scaleRounded } from "../../numerics/requantize.js";
import { dot } from "../dot.js";
import { type ConstantSlot, defineKernel, floatFields, int32Fields, type Kernel, type ParamField } from "../kernel.js";
import { type Family, family } from "./family.js";

export type Cell = "rnn" | "gru" | "lstm";

/** Gates in the order of ONNX, and the functions of one direction. */
export const CELLS = {
  rnn: { operator: "RNN", gates: 1, functions: 1, gateNames: "i" },
  gru: { operator: "GRU", gates: 3, functions: 2, gateNames: "z r h" },
  lstm: { operator: "LSTM", gates: 4, functions: 3, gateNames: "i o f c" },
} as const;

type Loops = {
  steps: number;
  batch: number;
  in_features: number;
  hidden: number;
  directions: number;
  reverse: number;
  y_step: number;
};

export type RecurrentF32Params = Loops & {
  linear_before_reset?: number;
  input_forget?: number;
  peepholes?: number;
  function: readonly number[];
  alpha: readonly number[];
  beta: readonly number[];
  clip: number;
};

export type RecurrentS8Params = Loops & {
  linear_before_reset?: number;
  input_forget?: number;
  function: readonly number[];
  function_shift: readonly number[];
  clip_min: number;
  clip_max: number;
  h_zero_point: number;
  h_multiplier?: number;
  h_shift?: number;
};

const LOOPS = "steps batch in_features hidden directions reverse y_step";
const SETTINGS: Readonly<Record<Cell, string>> = { rnn: "", gru: "linear_before_reset", lstm: "input_forget" };

const list = (type: ParamField["type"], name: string, length: number): ParamField => ({ name, type, length });

function viewOf(name: string, cell: Cell) {
  const { functions, ...names } = CELLS[cell];
  const indent = (start: string) => " ".repeat(`${start}${name}(`.length);
  return {
    ...{ pad: indent("NN_KERNEL void "), padHeader: indent("void ") },
    ...{ name, upper: name.toUpperCase(), ...names, functions, twice: 2 * functions },
    ...{ rnn: cell === "rnn", gru: cell === "gru", lstm: cell === "lstm" },
  };
}

type Values = Float32Array | Int16Array | Int8Array;

interface States {
  readonly y: Values;
  readonly yH: Values;
  readonly yC: Values | undefined;
  readonly initialH: Values;
  readonly initialC: Values | undefined;
}

/** One step of one sequence: x from `x` on, the state from `state` on; writes the next hidden state. */
type Advance = (direction: number, x: number, state: number, next: Values) => void;

/** All directions, sequences and steps. @param zero what an element of y and y_h is where there is no step */
function runLoops(p: Loops, lengths: Int32Array, states: States, zero: number, advance: Advance): void {
  const { hidden } = p;
  const { y, yH, yC } = states;
  const next = yH.slice(0, hidden);
  for (let direction = 0; direction < p.directions; direction++) {
    for (let b = 0; b < p.batch; b++) {
      const length = Math.max(0, Math.min(p.steps, lengths[b]));
      const at = (direction * p.batch + b) * hidden;
      for (let j = at; j < at + hidden; j++) {
        yH[j] = states.initialH[j];
        if (yC) yC[j] = states.initialC![j];
      }
      for (let i = 0; i < length; i++) {
        const t = p.reverse + direction !== 0 ? length - 1 - i : i;
        advance(direction, (t * p.batch + b) * p.in_features, at, next);
        yH.set(next, at);
        y.set(next, at + t * p.y_step);
      }
      for (let t = length; t < p.steps; t++) y.fill(zero, at + t * p.y_step, at + t * p.y_step + hidden);
      if (length === 0) {
        yH.fill(zero, at, at + hidden);
        yC?.fill(0, at, at + hidden);
      }
    }
  }
}

const fround = Math.fround;

function dotF32(start: number, x: Float32Array, from: number, w: Float32Array, at: number, count: number): number {
  let sum = start;
  for (let i = 0; i < count; i++) sum = fround(sum + fround(x[from + i] * w[at + i]));
  return sum;
}

function makeF32(name: string, cell: Cell): Kernel {
  const { gates, functions } = CELLS[cell];
  const isLstm = cell === "lstm";
  return defineKernel<RecurrentF32Params>({
    name,
    inputs: isLstm ? 8 : 6,
    outputs: isLstm ? 3 : 2,
    params: [
      ...int32Fields(LOOPS, ...(SETTINGS[cell] ? [SETTINGS[cell]] : []), ...(isLstm ? ["peepholes"] : [])),
      list("int32_t", "function", 2 * functions),
      list("float", "alpha", 2 * functions),
      list("float", "beta", 2 * functions),
      ...floatFields("clip"),
    ],
    constants: [],
    inPlace: isLstm
      ? [
          [5, 1],
          [6, 2],
        ]
      : [[5, 1]],
    scratch: (p) => 4 * p.hidden * (cell === "gru" && p.linear_before_reset === 0 ? 2 : 1),
    template: { name: "recurrent_f32", view: viewOf(name, cell) },
    run(p, { inputs, outputs }) {
      const [x, weights, recurrent, bias, , initialH, initialC, peephole] = inputs as Float32Array[];
      const [y, h, c] = outputs as Float32Array[];
      const { hidden, in_features: size } = p;
      const rows = gates * hidden;
      const clip = fround(p.clip);
      const apply = (k: number, value: number) => {
        const { single } = ACTIVATIONS[p.function[k]];
        return single(value, fround(p.alpha[k]), fround(p.beta[k]));
      };
      const activate = (k: number, sum: number) => apply(k, clampF32(sum, -clip, clip));
      const gated = new Float32Array(hidden);
      runLoops(p, inputs[4] as Int32Array, { y, yH: h, yC: c, initialH, initialC }, 0, (direction, at, state, next) => {
        const fromInput = (row: number) =>
          dotF32(bias[2 * direction * rows + row], x, at, weights, (direction * rows + row) * size, size);
        const fromHidden = (row: number, start: number, of: Float32Array, first: number) => {
          const begin = fround(start + bias[(2 * direction + 1) * rows + row]);
          return dotF32(begin, of, first, recurrent, (direction * rows + row) * hidden, hidden);
        };
        const both = (row: number) => fromHidden(row, fromInput(row), h, state);
        const f = functions * direction;
        if (cell === "rnn") {
          for (let j = 0; j < hidden; j++) next[j] = activate(f, both(j));
          return;
        }
        if (cell === "gru") {
          const reset = (j: number) => activate(f, both(hidden + j));
          const late = p.linear_before_reset !== 0;
          for (let j = 0; !late && j < hidden; j++) gated[j] = fround(reset(j) * h[state + j]);
          for (let j = 0; j < hidden; j++) {
            const row = 2 * hidden + j;
            const z = activate(f, both(j));
            const start = fromInput(row);
            const sum = late
              ? fround(start + fround(reset(j) * fromHidden(row, 0, h, state)))
              : fromHidden(row, start, gated, 0);
            const n = activate(f + 1, sum);
            next[j] = fround(fround(fround(1 - z) * n) + fround(z * h[state + j]));
          }
          return;
        }
        const peep = 3 * hidden * direction;
        for (let j = 0; j < hidden; j++) {
          let input = both(j);
          let output = both(hidden + j);
          let forget = both(2 * hidden + j);
          const before = c[state + j];
          if (p.peepholes !== 0) {
            input = fround(input + fround(peephole[peep + j] * before));
            forget = fround(forget + fround(peephole[peep + 2 * hidden + j] * before));
          }
          input = activate(f, input);
          forget = p.input_forget !== 0 ? fround(1 - input) : activate(f, forget);
          const n = activate(f + 1, both(3 * hidden + j));
          const after = fround(fround(forget * before) + fround(input * n));
          c[state + j] = after;
          if (p.peepholes !== 0) output = fround(output + fround(peephole[peep + hidden + j] * after));
          next[j] = fround(activate(f, output) * apply(f + 2, after));
        }
      });
    },
  });
}

const slots = (...pairs: [string, ConstantSlot["type"]][]): ConstantSlot[] =>
  pairs.map(([name, type]) => ({ name, type }));

const S8_CONSTANTS = slots(
  ["weights", "int8"],
  ["bias", "int32"],
  ["multiplier", "int32"],
  ["shift", "uint8"],
  ["recurrent", "int8"],
  ["recurrent_bias", "int32"],
  ["recurrent_multiplier", "int32"],
  ["recurrent_shift", "uint8"],
  ["tables", "int16"],
);

const clamp = (x: number, min: number, max: number) => (x < min ? min : x > max ? max : x);
const clamp16 = (x: number) => clamp(x, -32768, 32767);

function makeS8(name: string, cell: Cell): Kernel {
  const { gates, functions } = CELLS[cell];
  const isLstm = cell === "lstm";
  return defineKernel<RecurrentS8Params>({
    name,
    inputs: isLstm ? 4 : 3,
    outputs: isLstm ? 3 : 2,
    params: [
      ...int32Fields(LOOPS, ...(SETTINGS[cell] ? [SETTINGS[cell]] : [])),
      list("int32_t", "function", 2 * functions),
      list("int32_t", "function_shift", 2 * functions),
      ...int32Fields("clip_min clip_max h_zero_point", ...(isLstm ? ["h_multiplier h_shift"] : [])),
    ],
    constants: S8_CONSTANTS,
    inPlace: isLstm
      ? [
          [2, 1],
          [3, 2],
        ]
      : [[2, 1]],
    scratch: (p) => p.hidden * (cell === "gru" && p.linear_before_reset === 0 ? 2 : 1),
    template: { name: "recurrent_s8", view: viewOf(name, cell) },
    run(p, { inputs, outputs, constants }) {
      const x = inputs[0] as Int8Array;
      const [y, h] = outputs as Int8Array[];
      const c = outputs[2] as Int16Array;
      const weights = constants.weights as Int8Array;
      const bias = constants.bias as Int32Array;
      const multiplier = constants.multiplier as Int32Array;
      const shift = constants.shift as Uint8Array;
      const recurrent = constants.recurrent as Int8Array;
      const recurrentBias = constants.recurrent_bias as Int32Array;
      const recurrentMultiplier = constants.recurrent_multiplier as Int32Array;
      const recurrentShift = constants.recurrent_shift as Uint8Array;
      const tables = constants.tables as Int16Array;
      const { hidden, in_features: size, h_zero_point: zero } = p;
      const rows = gates * hidden;
      const apply = (k: number, value: number) =>
        interpolate(tables, p.function[k] * TABLE_ENTRIES, clamp16(value * (1 << p.function_shift[k])));
      const activate = (k: number, sum: number) => apply(k, clamp(sum, p.clip_min, p.clip_max));
      const gated = new Int8Array(hidden);
      const states = { y, yH: h, yC: c, initialH: inputs[2] as Int8Array, initialC: inputs[3] as Int16Array };
      runLoops(p, inputs[1] as Int32Array, states, zero, (direction, at, state, next) => {
        const fromInput = (k: number) => {
          const row = direction * rows + k;
          return scaleRounded(dot(bias[row], x, at, weights, row * size, size), multiplier[row], shift[row]);
        };
        const fromHidden = (k: number, of: Int8Array, first: number) => {
          const row = direction * rows + k;
          const sum = dot(recurrentBias[row], of, first, recurrent, row * hidden, hidden);
          return scaleRounded(sum, recurrentMultiplier[row], recurrentShift[row]);
        };
        const gate = (f: number, k: number) => activate(f, fromInput(k) + fromHidden(k, h, state));
        const f = functions * direction;
        if (cell === "rnn") {
          for (let j = 0; j < hidden; j++) next[j] = clamp(((gate(f, j) + 32) >> 6) + zero, -128, 127);
          return;
        }
        if (cell === "gru") {
          const reset = (j: number) => gate(f, hidden + j);
          const late = p.linear_before_reset !== 0;
          for (let j = 0; !late && j < hidden; j++) {
            gated[j] = ((reset(j) * (h[state + j] - zero) + 8192) >> 14) + zero;
          }
          for (let j = 0; j < hidden; j++) {
            const row = 2 * hidden + j;
            const z = gate(f, j);
            const sum = late
              ? fromInput(row) + ((reset(j) * clamp16(fromHidden(row, h, state)) + 8192) >> 14)
              : fromInput(row) + fromHidden(row, gated, 0);
            const n = activate(f + 1, sum);
            const mixed = ((16384 - z) * n + z * ((h[state + j] - zero) * 128) + (1 << 20)) >> 21;
            next[j] = clamp(mixed + zero, -128, 127);
          }
          return;
        }
        for (let j = 0; j < hidden; j++) {
          const input = gate(f, j);
          const output = gate(f, hidden + j);
          const forget = p.input_forget !== 0 ? 16384 - input : gate(f, 2 * hidden + j);
          const n = gate(f + 1, 3 * hidden + j);
          const sum = forget * c[state + j] + ((input * n + 4) >> 3);
          c[state + j] = clamp16((sum + 8192) >> 14);
          const product = output * apply(f + 2, c[state + j]);
          next[j] = requantize(product, p.h_multiplier!, p.h_shift!, zero, -128, 127);
        }
      });
    },
  });
}

export function recurrentKernelName(cell: Cell, type: "f32" | "s8"): string {
  return `nn_${cell}_${type}`;
}

const NAMES = (["f32", "s8"] as const).flatMap((type) =>
  (Object.keys(CELLS) as Cell[]).map((cell) => ({ cell, type, name: recurrentKernelName(cell, type) })),
);

export const recurrentFamily: Family = family(
  "recurrent",
  NAMES.map(({ name }) => name),
  (wanted) => {
    const { cell, type } = NAMES.find(({ name }) => name === wanted)!;
    return type === "f32" ? makeF32(wanted, cell) : makeS8(wanted, cell);
  },
);
