/** Every kernel of the families: C and TypeScript agree in every byte, on extremes and random values. */
import { describe, expect, test } from "vitest";
import { fromNumbers, type TypedArray } from "../../src/graph/ir.js";
import { argFamily } from "../../src/kernels/families/arg.js";
import {
  BINARY_OPERATIONS,
  type BinaryName,
  type BinaryOperation,
  binaryFamily,
} from "../../src/kernels/families/binary.js";
import { castFamily } from "../../src/kernels/families/cast.js";
import { cumulativeFamily } from "../../src/kernels/families/cumulative.js";
import { ELEMENTS, type Element, elementOf, isBig, parseName } from "../../src/kernels/families/elements.js";
import { matmulFamily } from "../../src/kernels/families/matmul.js";
import { type ReduceName, reduceFamily } from "../../src/kernels/families/reduce.js";
import { scatterFamily } from "../../src/kernels/families/scatter.js";
import { topFamily } from "../../src/kernels/families/top.js";
import {
  UNARY_OPERATIONS,
  type UnaryName,
  type UnaryOperation,
  unaryFamily,
} from "../../src/kernels/families/unary.js";
import { uniqueFamily } from "../../src/kernels/families/unique.js";
import { kernelOf } from "../../src/kernels/index.js";
import { unaryFunctions } from "../../src/numerics/unary_functions.js";
import { expectAllTwinsAgree, type KernelCase } from "./harness.js";

const EXTREMES = [0, -0, 1, -1, 0.5, -0.5, 2.5, -7.25, 126.75, 127, 128, 255, 256, -128, -129, 32767, 65535, 1e6, -1e6];
const HUGE = [
  2 ** 31,
  -(2 ** 31),
  2 ** 32,
  2 ** 63,
  -(2 ** 63),
  2 ** 64,
  3.4e38,
  -3.4e38,
  2 ** -149,
  Infinity,
  -Infinity,
  NaN,
];
const WIDE = [2n ** 63n - 1n, -(2n ** 63n), 2n ** 53n + 1n, -(2n ** 53n) - 3n, 2n ** 62n + 2n ** 38n + 1n, 0n, -1n, 5n];

/** The same values for every run; integers wrap into their type. */
function valuesOf(e: Element): TypedArray {
  if (e.kind === "bool") return Uint8Array.of(0, 1, 1, 0, 1);
  if (e.kind === "float") return Float32Array.from([...EXTREMES, ...HUGE]);
  const whole = [...EXTREMES, 2 ** 31 - 1, -(2 ** 31), 2 ** 32 - 1, 77, -77, 3, -3].map(Math.trunc);
  if (!isBig(e)) return fromNumbers(e.type, whole);
  const big = [...whole.map(BigInt), ...WIDE];
  return e.kind === "int" ? BigInt64Array.from(big) : BigUint64Array.from(big.map((v) => BigInt.asUintN(64, v)));
}

function pairsCase(name: string): KernelCase {
  const { operation, element } = parseName(name, "")!;
  const found: BinaryOperation = BINARY_OPERATIONS[operation as BinaryName];
  const values = valuesOf(element);
  const n = values.length;
  const clamped = element.kind === "float" && !found.test;
  return {
    params: {
      ...{ shape: [1, 1, 1, 1, n, n], a_stride: [0, 0, 0, 0, 1, 0], b_stride: [0, 0, 0, 0, 0, 1] },
      ...(clamped && { out_min: -Infinity, out_max: 1e30 }),
    },
    inputs: [values, values],
    outputs: [{ type: found.test ? "bool" : element.type, count: n * n }],
  };
}

function unaryCase(name: string): KernelCase {
  const { operation, element } = parseName(name, "")!;
  const found: UnaryOperation = UNARY_OPERATIONS[operation as UnaryName];
  const values = valuesOf(element);
  const settings = { ...(found.settings && { alpha: 0.25 }), ...(found.settings === 2 && { beta: 0.5 }) };
  return {
    params: { count: values.length, ...settings },
    inputs: [values],
    outputs: [{ type: found.test ? "bool" : element.type, count: values.length }],
  };
}

function reduceCases(name: string): KernelCase[] {
  const { element } = parseName(name, "reduce_")!;
  const values = valuesOf(element).slice(0, element.kind === "bool" ? 4 : 24) as TypedArray;
  const outputs = (count: number) => [{ type: element.type, count }];
  const n = values.length / 4;
  const some = { shape: [1, 1, 1, 1, 2, n], stride: [0, 0, 0, 0, 2 * n, 1], inputs: [values], outputs: outputs(2 * n) };
  const one = [1, 1, 1, 1, 1];
  return [
    { window: [...one, 2], window_stride: [0, 0, 0, 0, 0, n] },
    { window: [...one, 0], window_stride: [0, 0, 0, 0, 0, 1] },
  ].map((window) => ({
    params: { shape: some.shape, stride: some.stride, ...window },
    inputs: some.inputs,
    outputs: some.outputs,
  }));
}

/** Two blocks of lines of two neighbours each, and the parameters that a family has beyond the sizes. */
function axisCases(
  prefix: string,
  settings: readonly Record<string, number>[],
  outputs: readonly ("same" | "int64")[],
) {
  return (name: string): KernelCase[] => {
    const { element } = parseName(name, prefix)!;
    const values = valuesOf(element).slice(0, 16) as TypedArray;
    const size = { outer: 2, count: 4, inner: 2 };
    return settings.map((params) => ({
      params: { ...size, ...params },
      inputs: [values],
      outputs: outputs.map((type) => ({
        type: type === "same" ? element.type : type,
        count: 4 * (params.k ?? (prefix === "arg_" ? 1 : size.count)),
      })),
    }));
  };
}

/** Pairs of elements, every row of which has to do with one of two blocks; some indices are negative or outside. */
function scatterCase(name: string): KernelCase {
  const { element } = parseName(name, "scatter_")!;
  const values = valuesOf(element);
  const n = values.length;
  const one = [1, 1, 1, 1];
  return {
    params: {
      ...{ total: 2 * n, block: n, index_bytes: 8, depth: 1 },
      ...{ size: [2, 1, ...one], stride: [1, 0, 0, 0, 0, 0] },
      ...{ shape: [...one, 1, 5], base_stride: [0, 0, 0, 0, 0, 0], index_stride: [0, 0, 0, 0, 0, 1] },
    },
    inputs: [repeated(values, 2), BigInt64Array.of(0n, -1n, 2n ** 40n, -(2n ** 40n), 1n), repeated(values, 5)],
    outputs: [{ type: element.type, count: 2 * n }],
  };
}

/** Copies of the values, each turned by one more position. */
function repeated(values: TypedArray, copies: number): TypedArray {
  const all = Array.from({ length: copies * values.length }, (_, i) => {
    const copy = Math.floor(i / values.length);
    return (values as Float32Array)[(i + copy) % values.length];
  });
  return (values.constructor as Float32ArrayConstructor).from(all);
}

async function expectFamily(names: readonly string[], casesOf: (name: string) => readonly KernelCase[]): Promise<void> {
  await expectAllTwinsAgree(names.flatMap((name) => casesOf(name).map((of) => ({ kernel: kernelOf(name), of }))));
}

describe("families", () => {
  test("unary", () => expectFamily(unaryFamily.members, (name) => [unaryCase(name)]), 120_000);
  test("binary", () => expectFamily(binaryFamily.members, (name) => [pairsCase(name)]), 120_000);
  test("reduce", () => expectFamily(reduceFamily.members, reduceCases), 120_000);
  test("arg", () => {
    const casesOf = axisCases("arg_", [{ select_last: 0 }, { select_last: 1 }], ["int64"]);
    return expectFamily(argFamily.members, casesOf);
  }, 120_000);
  test("top", () => {
    const casesOf = axisCases("top_", [{ k: 1 }, { k: 3 }, { k: 4 }], ["same", "int64"]);
    return expectFamily(topFamily.members, casesOf);
  }, 120_000);
  test("cumulative", () => {
    const settings = [0, 1].flatMap((exclusive) => [0, 1].map((reverse) => ({ exclusive, reverse })));
    return expectFamily(cumulativeFamily.members, axisCases("cumulative_", settings, ["same"]));
  }, 120_000);
  test("matmul", () => {
    const casesOf = (name: string): KernelCase[] => {
      const { element } = parseName(name, "")!;
      const values = valuesOf(element);
      const size = { batch_shape: [1, 1, 1, 2], a_batch_stride: [0, 0, 0, 6], b_batch_stride: [0, 0, 0, 0] };
      return [
        {
          params: { ...size, rows: 2, inner: 3, cols: 4 },
          inputs: [values.slice(0, 12) as TypedArray, values.slice(-12) as TypedArray],
          outputs: [{ type: element.type, count: 16 }],
        },
      ];
    };
    return expectFamily(matmulFamily.members, casesOf);
  }, 120_000);
  test("unique", async () => {
    const cases = uniqueFamily.members.flatMap((name) => {
      const { element } = parseName(name, "")!;
      const values = repeated(valuesOf(element), 2);
      const half = Math.floor(values.length / 4);
      return [
        { outer: 1, count: values.length, inner: 1 },
        { outer: 2, count: half, inner: 1 },
        { outer: 1, count: half, inner: 2 },
      ].flatMap((size) =>
        [0, 1].map((sorted) => {
          const { outer, count, inner } = size;
          const list = { type: "int64" as const, count };
          const of: KernelCase = {
            params: { ...size, sorted },
            inputs: [values.slice(0, outer * count * inner) as TypedArray],
            outputs: [
              { type: element.type, count: outer * count * inner },
              list,
              list,
              list,
              { type: "int32", count: 1 },
            ],
          };
          return { kernel: kernelOf(name), of };
        }),
      );
    });
    const results = await expectAllTwinsAgree(cases);
    cases.forEach(({ of }, k) => {
      const { outer, count, inner, sorted } = of.params as Record<string, number>;
      // Texts of slices; -0 is 0.
      const input = Array.from(of.inputs[0] as Float32Array, (x) => (x === 0 ? "0" : String(x)));
      const slices = Array.from({ length: count }, (_, i) =>
        Array.from({ length: outer }, (_, o) =>
          input.slice((o * count + i) * inner, (o * count + i + 1) * inner),
        ).join(),
      );
      const found = [...new Set(slices)];
      const [, indices, inverse, counts, [length]] = results[k].map((array) => Array.from(array as Int32Array, Number));
      expect(length).toBe(found.length);
      const firsts = indices.slice(0, length).map((i) => slices[i]);
      expect(new Set(firsts)).toEqual(new Set(found));
      if (sorted === 0) expect(firsts).toEqual(found);
      indices.slice(0, length).forEach((at, i) => {
        expect(at).toBe(slices.indexOf(firsts[i]));
        expect(counts[i]).toBe(slices.filter((slice) => slice === firsts[i]).length);
      });
      expect(inverse.map((i) => firsts[i])).toEqual(slices);
      if (sorted === 1 && outer * inner === 1) {
        const values = indices.slice(0, length).map((i) => (of.inputs[0] as Float32Array)[i]);
        values.forEach((value, i) => {
          if (i > 0) expect(value > values[i - 1] || Number.isNaN(value)).toBe(true);
        });
      }
    });
  }, 120_000);
  test("scatter", () => expectFamily(scatterFamily.members, (name) => [scatterCase(name)]), 120_000);
  test("cast", async () => {
    await expectFamily(castFamily.members, (name) => {
      const [, from, to] = /^nn_cast_(\w+)_(\w+)$/.exec(name)!;
      const find = (suffix: string) => ELEMENTS.find((e) => e.suffix === suffix)!;
      const values = valuesOf(find(from));
      return [
        {
          params: { count: values.length },
          inputs: [values],
          outputs: [{ type: find(to).type, count: values.length }],
        },
      ];
    });
  }, 120_000);

  test("float32 functions are close to the real ones", () => {
    const x = Float32Array.from({ length: 4001 }, (_, i) => (i - 2000) / 125);
    for (const [name, real] of Object.entries(unaryFunctions)) {
      const e = elementOf("float32");
      const found: UnaryOperation = UNARY_OPERATIONS[name as UnaryName];
      const [alpha, beta] = [0.25, 0.5];
      const output = new Float32Array(x.length);
      const params = { ...unaryCase(`nn_${name}_${e.suffix}`).params, count: x.length };
      kernelOf(`nn_${name}_f32`).run(params, { inputs: [x], outputs: [output], constants: {} });
      expect(found.on).toContain("float");
      x.forEach((value, i) => {
        const expected = real(value, alpha, beta);
        if (!Number.isFinite(expected)) return;
        expect(Math.abs(output[i] - expected) / Math.max(1, Math.abs(expected)), `${name}(${value})`).toBeLessThan(
          1e-6,
        );
      });
    }
  });

  test("integer results by hand", () => {
    const run = (name: string, inputs: TypedArray[], params: Record<string, number | number[]>, output: TypedArray) => {
      kernelOf(name).run(params, { inputs, outputs: [output], constants: {} });
      return Array.from(output as ArrayLike<number | bigint>);
    };
    const row = { shape: [1, 1, 1, 1, 1, 4], a_stride: [0, 0, 0, 0, 0, 1], b_stride: [0, 0, 0, 0, 0, 1] };
    const [a, b] = [Int32Array.of(-7, 7, -7, 7), Int32Array.of(3, -3, -3, 0)];
    expect(run("nn_mod_i32", [a, b], row, new Int32Array(4))).toEqual([2, -2, -1, 0]);
    expect(run("nn_fmod_i32", [a, b], row, new Int32Array(4))).toEqual([-1, 1, -1, 0]);
    expect(run("nn_div_i32", [a, b], row, new Int32Array(4))).toEqual([-2, -2, 2, 0]);
    const bytes = [Uint8Array.of(200, 1, 128, 255), Uint8Array.of(100, 7, 1, 8)];
    expect(run("nn_add_u8", bytes, row, new Uint8Array(4))).toEqual([44, 8, 129, 7]);
    expect(run("nn_shift_left_u8", bytes, row, new Uint8Array(4))).toEqual([0, 128, 0, 0]);
    const reduce = { shape: [1, 1, 1, 1, 1, 1], stride: [0, 0, 0, 0, 0, 0], window: [1, 1, 1, 1, 1, 4] };
    const sum = { ...reduce, window_stride: [0, 0, 0, 0, 0, 1] };
    expect(run("nn_reduce_sum_i32", [a], sum, new Int32Array(1))).toEqual([0]);
    expect(run("nn_reduce_max_i32", [b], sum, new Int32Array(1))).toEqual([3]);
    expect(
      run("nn_reduce_prod_i64", [BigInt64Array.of(2n ** 40n, 2n ** 40n, 1n, 1n)], sum, new BigInt64Array(1)),
    ).toEqual([0n]);
    expect(run("nn_cast_f32_i8", [Float32Array.of(-200, 3.9, -3.9, NaN)], { count: 4 }, new Int8Array(4))).toEqual([
      -128, 3, -3, 0,
    ]);
    const odd = BigInt64Array.of(2n ** 54n + 2n ** 30n + 1n);
    expect(run("nn_cast_i64_f32", [odd], { count: 1 }, new Float32Array(1))).toEqual([2 ** 54 + 2 ** 31]);
  });

  test("every operation has its members", () => {
    const names: ReduceName[] = ["sum", "prod", "max", "min"];
    for (const name of names) expect(reduceFamily.members).toContain(`nn_reduce_${name}_f32`);
    expect(binaryFamily.members).toContain("nn_equal_bool");
    expect(binaryFamily.members).not.toContain("nn_shift_left_i8");
    expect(castFamily.members).toHaveLength(ELEMENTS.length * (ELEMENTS.length - 1));
  });
});
