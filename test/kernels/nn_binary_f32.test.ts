import fc from "fast-check";
import { describe, expect, test } from "vitest";
import kernel, { BINARY_OPERATIONS } from "../../src/kernels/nn_binary_f32.js";
import { sample } from "./arbitraries.js";
import { operands } from "./broadcast_cases.js";
import { enumerators } from "./c_header.js";
import { clamp, clamps, expectClose } from "./float_cases.js";
import { expectTwinsAgree, runTypeScript } from "./harness.js";

type Operation = keyof typeof BINARY_OPERATIONS;

const REAL: Record<Operation, (a: number, b: number) => number> = {
  add: (a, b) => a + b,
  sub: (a, b) => a - b,
  mul: (a, b) => a * b,
  div: (a, b) => a / b,
  min: Math.min,
  max: Math.max,
};

/** A float32 value for each int8 one: no zero to divide by, and mantissas that make every operation round. */
const toFloat = (q: number) => Math.fround((q + 0.5) / 7);

const operations = fc
  .record({ operation: fc.constantFrom(...(Object.keys(REAL) as Operation[])), operands, clamps })
  .map(({ operation, operands: { loop, inputs, count, pairs }, clamps }) => ({
    operation,
    pairs,
    of: {
      params: { operation: BINARY_OPERATIONS[operation], ...loop, ...clamps },
      inputs: inputs.map((input) => Float32Array.from(input, toFloat)),
      outputs: [{ type: "float32" as const, count }],
    },
  }));

function apply(operation: Operation, a: number[], b: number[]): Float32Array {
  const stride = [0, 0, 0, 0, 0, 1];
  const shape = [1, 1, 1, 1, 1, a.length];
  const params = { operation: BINARY_OPERATIONS[operation], shape, a_stride: stride, b_stride: stride };
  const [output] = runTypeScript(kernel, {
    params: { ...params, out_min: -Infinity, out_max: Infinity },
    inputs: [Float32Array.from(a), Float32Array.from(b)],
    outputs: [{ type: "float32", count: a.length }],
  });
  return output as Float32Array;
}

describe("nn_binary_f32", () => {
  test("numbers its operations as the C enumeration does", () => {
    const names = enumerators("nn_binary_f32.h", "nn_binary_operation", "NN_BINARY_");
    expect(Object.entries(BINARY_OPERATIONS)).toEqual(names.map((name, value) => [name, value]));
  });

  test("computes each operation", () => {
    expect(apply("add", [1, 2], [3, -4])).toEqual(Float32Array.of(4, -2));
    expect(apply("sub", [1, 2], [3, -4])).toEqual(Float32Array.of(-2, 6));
    expect(apply("mul", [1, 2], [3, -4])).toEqual(Float32Array.of(3, -8));
    expect(apply("div", [1, 2], [4, 0])).toEqual(Float32Array.of(0.25, Infinity));
    expect(apply("min", [1, 2], [3, -4])).toEqual(Float32Array.of(1, -4));
    expect(apply("max", [1, 2], [3, -4])).toEqual(Float32Array.of(3, 2));
  });

  test("equals C in every bit and double precision closely, with broadcasting", async () => {
    const cases = sample(operations, 120);
    const results = await expectTwinsAgree(
      kernel,
      cases.map(({ of }) => of),
    );
    cases.forEach(({ operation, pairs, of: { params } }, k) => {
      const expected = pairs.map(([a, b]) => clamp(REAL[operation](toFloat(a), toFloat(b)), params));
      expectClose(results[k][0], expected, () => `${operation} ${JSON.stringify(params)}`, 2e-5);
    });
  });

  test("takes zeros of both signs, infinities and subnormals as C does", async () => {
    const values = [0, -0, 1, -1, Infinity, -Infinity, 2 ** -149, -(2 ** -126), 3.4e38];
    const cases = Object.keys(REAL).map((operation) => {
      // Operands of equal magnitude and both infinite make NaN, whose sign and payload are nobody's business.
      const pairs = values.flatMap((a) => values.map((b) => [a, b]));
      const defined = pairs.filter(([a, b]) => !Number.isNaN(REAL[operation as Operation](a, b)));
      const stride = [0, 0, 0, 0, 0, 1];
      return {
        params: {
          operation: BINARY_OPERATIONS[operation as Operation],
          shape: [1, 1, 1, 1, 1, defined.length],
          a_stride: stride,
          b_stride: stride,
          out_min: -Infinity,
          out_max: Infinity,
        },
        inputs: [0, 1].map((k) => Float32Array.from(defined, (pair) => pair[k])),
        outputs: [{ type: "float32" as const, count: defined.length }],
      };
    });
    await expectTwinsAgree(kernel, cases);
  });
});
