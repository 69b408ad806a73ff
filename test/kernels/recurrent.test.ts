/** nn_rnn, nn_gru and nn_lstm in float32 and int8: twins, and close to the formulas of the specification. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  CELLS,
  type Cell,
  type RecurrentF32Params,
  type RecurrentS8Params,
  recurrentKernelName,
} from "../../src/kernels/families/recurrent.js";
import { kernelOf } from "../../src/kernels/index.js";
import { ACTIVATIONS, CELL_SCALE, functionTable, interpolate } from "../../src/numerics/recurrent.js";
import { fixedPoint } from "../../src/numerics/requantize.js";
import { unaryFunctions } from "../../src/numerics/unary_functions.js";
import { type RecurrentModel, recurrentOracle } from "../ops/recurrent_oracle.js";
import { int8s, sample, sizes } from "./arbitraries.js";
import { floats, seeds } from "./float_cases.js";
import { expectTwinsAgree, type KernelCase } from "./harness.js";

const cells = Object.keys(CELLS) as Cell[];

/** The functions of one direction out of those of gates and of states. */
function chosen<T>(cell: Cell, gate: T, state: T): T[] {
  return cell === "rnn" ? [state] : cell === "gru" ? [gate, state] : [gate, state, state];
}

const layout = fc.record({
  steps: sizes(1, 2, 3, 7),
  batch: sizes(1, 1, 2, 3),
  in_features: sizes(1, 2, 3, 5, 8, 17),
  hidden: sizes(1, 2, 3, 4, 7, 9),
  direction: fc.constantFrom("forward" as const, "reverse" as const, "bidirectional" as const),
  sequence: fc.boolean(),
  flag: fc.boolean(),
  seed: seeds,
  /** Some outside of what there is: kernels clamp them. */
  lengths: fc.array(fc.integer({ min: -2, max: 9 }), { minLength: 3, maxLength: 3 }),
});

type Layout = typeof layout extends fc.Arbitrary<infer T> ? T : never;

const directionsOf = ({ direction }: Layout) => (direction === "bidirectional" ? 2 : 1);

function loops(of: Layout) {
  const { steps, batch, in_features, hidden, direction, sequence } = of;
  const directions = directionsOf(of);
  return {
    ...{ steps, batch, in_features, hidden, directions, reverse: direction === "reverse" ? 1 : 0 },
    y_step: sequence ? directions * batch * hidden : 0,
  };
}

function modelOf(cell: Cell, of: Layout, functions: RecurrentModel["functions"]): RecurrentModel {
  const { steps, batch, in_features: inputs, hidden, direction, flag } = of;
  return {
    ...{ operator: CELLS[cell].operator, direction, steps, batch, inputs, hidden, functions },
    ...{ linearBeforeReset: flag, inputForget: flag },
  };
}

const clampedLengths = ({ lengths, batch, steps }: Layout) =>
  lengths.slice(0, batch).map((length) => Math.max(0, Math.min(steps, length)));

/** Elements of y that the kernel writes: all, or those of the last step that it wrote. */
function stateCounts(of: Layout) {
  const state = directionsOf(of) * of.batch * of.hidden;
  return { state, sequence: of.sequence ? of.steps * state : state };
}

const settings = (cell: Cell, flag: boolean) =>
  cell === "gru" ? { linear_before_reset: Number(flag) } : cell === "lstm" ? { input_forget: Number(flag) } : {};

function floatCase(cell: Cell, of: Layout, functions: readonly number[], clip: number): KernelCase<RecurrentF32Params> {
  const { gates, functions: count } = CELLS[cell];
  const directions = directionsOf(of);
  const rows = directions * gates * of.hidden;
  const { state, sequence } = stateCounts(of);
  const peepholes = of.seed % 2;
  const list = Array.from({ length: 2 * count }, (_, i) => functions[i % functions.length]);
  return {
    params: {
      ...{ ...loops(of), ...settings(cell, of.flag), ...(cell === "lstm" && { peepholes }) },
      ...{ function: list, alpha: list.map(() => 0.75), beta: list.map(() => 0.25), clip },
    },
    inputs: [
      floats(of.steps * of.batch * of.in_features, of.seed),
      floats(rows * of.in_features, of.seed + 1).map((w) => w / 2),
      floats(rows * of.hidden, of.seed + 2).map((w) => w / 2),
      floats(2 * rows, of.seed + 3),
      Int32Array.from(of.lengths.slice(0, of.batch)),
      floats(state, of.seed + 4),
      ...(cell === "lstm" ? [floats(state, of.seed + 5), floats(directions * 3 * of.hidden, of.seed + 6)] : []),
    ],
    outputs: [
      { type: "float32", count: sequence },
      ...Array.from({ length: cell === "lstm" ? 2 : 1 }, () => ({ type: "float32" as const, count: state })),
    ],
  };
}

/** The parts of the oracle that the kernel gives. @param tolerance for y and y_h, and for y_c */
function expectNear(
  of: Layout,
  { y, yH, yC }: ReturnType<typeof recurrentOracle>,
  actual: readonly ArrayLike<number>[],
  tolerance: readonly [number, number],
  where: string,
): void {
  const expected = [...(of.sequence ? [y] : []), yH, yC];
  (of.sequence ? actual : actual.slice(1)).forEach((values, k) => {
    const isCell = k === expected.length - 1;
    Array.from(values).forEach((value, i) => {
      const difference = Math.abs(value - expected[k][i]);
      if (difference <= tolerance[Number(isCell)]) return;
      expect.fail(`${where}: part ${k} element ${i} is ${value} instead of ${expected[k][i]}`);
    });
  });
}

describe.each(cells)("nn_%s_f32", (cell) => {
  const kernel = kernelOf(recurrentKernelName(cell, "f32"));

  test("equals C and the specification", async () => {
    const layouts = sample(layout, 60);
    const every = ACTIVATIONS.map((_, i) => i);
    const cases = layouts.map((of, n) => {
      const functions = chosen(cell, 2, 1);
      // Every second case takes other functions than those by default.
      const some = n % 2 === 0 ? functions : functions.map((_, i) => every[(n + 3 * i) % every.length]);
      return floatCase(cell, of, some, n % 3 === 0 ? 0.5 : Number.POSITIVE_INFINITY);
    });
    const results = await expectTwinsAgree(kernel, cases);
    layouts.forEach((of, n) => {
      const { params, inputs } = cases[n];
      const functions = params.function
        .slice(0, CELLS[cell].functions)
        .map((index) => (x: number) => ACTIVATIONS[index].real(x, 0.75, 0.25));
      const [x, w, r, b, , h, c, p] = inputs as Float32Array[];
      const model = { ...modelOf(cell, of, functions), clip: params.clip };
      const expected = recurrentOracle(model, {
        ...{ x, w, r, b, h, c, lengths: clampedLengths(of) },
        ...(params.peepholes === 1 && { p }),
      });
      const largest = Math.max(1, ...expected.y.map(Math.abs), ...expected.yC.map(Math.abs));
      const bound = 2e-5 * largest;
      expectNear(of, expected, results[n] as Float32Array[], [bound, bound], `case ${n} ${JSON.stringify(of)}`);
    });
  });
});

const X_SCALE = 1 / 64;
const W_SCALE = 1 / 128;

interface IntegerCase {
  readonly of: Layout;
  readonly hidden: { readonly scale: number; readonly zeroPoint: number };
  readonly call: KernelCase<RecurrentS8Params>;
}

const ints = (count: number, max = 127) =>
  int8s(count).map((values) => values.map((v) => Math.round((v * max) / 128) || 0));

/** Layers of tanh and sigmoid whose hidden state takes most of its range. */
function integerCases(cell: Cell): fc.Arbitrary<IntegerCase> {
  const { gates, functions } = CELLS[cell];
  return layout.chain((of) => {
    const directions = directionsOf(of);
    const rows = directions * gates * of.hidden;
    const { state, sequence } = stateCounts(of);
    const hidden = { scale: 1 / 100, zeroPoint: (of.seed % 41) - 20 };
    const size = of.steps * of.batch * of.in_features;
    const biases = fc.array(fc.integer({ min: -5000, max: 5000 }), { minLength: rows, maxLength: rows });
    return fc
      .record({
        ...{ x: int8s(size), w: ints(rows * of.in_features, 100), r: ints(rows * of.hidden, 60) },
        ...{
          b: biases,
          rb: biases,
          h: ints(state),
          c: fc.array(fc.integer({ min: -9000, max: 9000 }), { minLength: state, maxLength: state }),
        },
      })
      .map(({ x, w, r, b, rb, h, c }): IntegerCase => {
        const real = { sigmoid: ACTIVATIONS[2].real, tanh: ACTIVATIONS[1].real };
        const table = (f: (x: number, a: number, b: number) => number, steps: number) =>
          functionTable((v) => f(v, 0, 0), steps, { least: 1, most: 16, tolerance: 2 });
        const steps = cell === "lstm" ? 2 ** 14 : (cell === "gru" ? 2 ** 7 : 2 ** 6) / hidden.scale;
        const tables = [table(real.sigmoid, 2 ** 14), table(real.tanh, steps)];
        const index = chosen(cell, 0, 1);
        const list = Array.from({ length: 2 * functions }, (_, i) => index[i % functions]);
        const factor = (scale: number) => fixedPoint((scale * W_SCALE) / CELL_SCALE, 2 ** 24);
        const spread = (value: number) => Array.from({ length: rows }, () => value);
        const requantized = fixedPoint(2 ** -28 / hidden.scale, 2 ** 30);
        const [ofX, ofH] = [factor(X_SCALE), factor(hidden.scale)];
        // Zero points folded in; that of x is 3.
        const folded = (bias: readonly number[], m: Int8Array, zero: number) => {
          const count = m.length / rows;
          return Int32Array.from(bias, (v, row) => {
            const sum = m.subarray(row * count, (row + 1) * count).reduce((a, q) => a + q, 0);
            return v - zero * sum;
          });
        };
        return {
          ...{ of, hidden },
          call: {
            params: {
              ...{ ...loops(of), ...settings(cell, of.flag) },
              ...{ function: list, function_shift: list.map((i) => Math.log2(16 / tables[i].reach)) },
              ...{ clip_min: -32767, clip_max: 32767, h_zero_point: hidden.zeroPoint },
              ...(cell === "lstm" && { h_multiplier: requantized.multiplier, h_shift: requantized.shift }),
            },
            inputs: [
              x,
              Int32Array.from(of.lengths.slice(0, of.batch)),
              h,
              ...(cell === "lstm" ? [Int16Array.from(c)] : []),
            ],
            constants: {
              ...{ weights: w, bias: folded(b, w, 3), recurrent: r, recurrent_bias: folded(rb, r, hidden.zeroPoint) },
              ...{ multiplier: Int32Array.from(spread(ofX.multiplier)), shift: Uint8Array.from(spread(ofX.shift)) },
              recurrent_multiplier: Int32Array.from(spread(ofH.multiplier)),
              recurrent_shift: Uint8Array.from(spread(ofH.shift)),
              tables: Int16Array.from(tables.flatMap(({ values }) => [...values])),
            },
            outputs: [
              { type: "int8", count: sequence },
              { type: "int8", count: state },
              ...(cell === "lstm" ? [{ type: "int16" as const, count: state }] : []),
            ],
          },
        };
      });
  });
}

describe.each(cells)("nn_%s_s8", (cell) => {
  const kernel = kernelOf(recurrentKernelName(cell, "s8"));
  const { gates } = CELLS[cell];

  test("equals C, and the specification on the stored values within their steps", async () => {
    const cases = sample(integerCases(cell), 60);
    const results = await expectTwinsAgree(
      kernel,
      cases.map(({ call }) => call),
    );
    cases.forEach(({ of, hidden, call }, n) => {
      const [x, , h, c] = call.inputs as Int8Array[];
      const { weights, recurrent, bias, recurrent_bias } = call.constants as Record<string, Int8Array>;
      const directions = directionsOf(of);
      const rows = gates * of.hidden;
      const sum = (m: Int8Array, row: number) => {
        const count = m.length / (directions * rows);
        return m.subarray(row * count, (row + 1) * count).reduce((a, q) => a + q, 0);
      };
      const b = Array.from({ length: 2 * directions * rows }, (_, i) => {
        const [d, part, k] = [Math.floor(i / (2 * rows)), Math.floor(i / rows) % 2, i % rows];
        const row = d * rows + k;
        return part === 0
          ? (bias[row] + 3 * sum(weights, row)) * X_SCALE * W_SCALE
          : (recurrent_bias[row] + hidden.zeroPoint * sum(recurrent, row)) * hidden.scale * W_SCALE;
      });
      const sigmoid = (v: number) => unaryFunctions.sigmoid(v, 0, 0);
      const model = modelOf(cell, of, chosen(cell, sigmoid, Math.tanh));
      const expected = recurrentOracle(model, {
        x: Array.from(x, (q) => (q - 3) * X_SCALE),
        w: Array.from(weights, (q) => q * W_SCALE),
        r: Array.from(recurrent, (q) => q * W_SCALE),
        b,
        h: Array.from(h, (q) => (q - hidden.zeroPoint) * hidden.scale),
        ...(c && { c: Array.from(c, (q) => q * CELL_SCALE) }),
        lengths: clampedLengths(of),
      });
      const actual = results[n].map((values, k) =>
        Array.from(values as Int8Array, (q) => (k === 2 ? q * CELL_SCALE : (q - hidden.zeroPoint) * hidden.scale)),
      );
      // One step rounds the state to half of its scale; what it was before counts for less the longer ago it was.
      expectNear(of, expected, actual, [6 * hidden.scale, 6 * hidden.scale], `case ${n} ${JSON.stringify(of)}`);
    });
  });
});

describe("tables of 16 bits", () => {
  test.each([
    ["Sigmoid", 16, 2 ** -12],
    ["Tanh", 8, 2 ** -11],
  ])("%s reaches to %d and is off by at most %d", (name, reach, error) => {
    const { real } = ACTIVATIONS.find((known) => known.name === name)!;
    const table = functionTable((x) => real(x, 0, 0), 2 ** 14, { least: 1, most: 16, tolerance: 2 });
    expect(table.reach).toBe(reach);
    expect(table.error).toBeLessThanOrEqual(error * 2 ** 14);
    for (let q = -32768; q < 32768; q += 7) {
      const value = interpolate(table.values, 0, q) / 2 ** 14;
      expect(Math.abs(value - real((q / 32768) * reach, 0, 0))).toBeLessThanOrEqual(error);
    }
  });

  test("a jump shows in the error", () => {
    const table = functionTable((x) => (x < 0.3 ? 0 : x), 2 ** 14, { least: 1, most: 16, tolerance: 2 });
    expect(table.error).toBeGreaterThan(2 ** 10);
  });
});
