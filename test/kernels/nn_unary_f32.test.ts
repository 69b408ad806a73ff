import fc from "fast-check";
import { describe, expect, test } from "vitest";
import kernel, { UNARY_OPERATIONS } from "../../src/kernels/nn_unary_f32.js";
import { unaryFunctions } from "../../src/numerics/unary_functions.js";
import { sample, sizes } from "./arbitraries.js";
import { enumerators } from "./c_header.js";
import { floats, seeds } from "./float_cases.js";
import { expectTwinsAgree, runTypeScript } from "./harness.js";
import { runOnnx } from "./onnxruntime.js";

type Operation = keyof typeof UNARY_OPERATIONS;
const NAMES = Object.keys(UNARY_OPERATIONS) as Operation[];

/** The ONNX operator of each operation but Clip, whose bounds are inputs. */
const OPERATORS: Record<Exclude<Operation, "clip">, { operator: string; attributes: string[] }> = {
  leaky_relu: { operator: "LeakyRelu", attributes: ["alpha"] },
  sigmoid: { operator: "Sigmoid", attributes: [] },
  tanh: { operator: "Tanh", attributes: [] },
  hard_sigmoid: { operator: "HardSigmoid", attributes: ["alpha", "beta"] },
  hard_swish: { operator: "HardSwish", attributes: [] },
  exp: { operator: "Exp", attributes: [] },
  neg: { operator: "Neg", attributes: [] },
  abs: { operator: "Abs", attributes: [] },
  reciprocal: { operator: "Reciprocal", attributes: [] },
};

/** Real arguments between -16 and 16, no zero. */
function inputOf(count: number, seed: number): Float32Array {
  return floats(count, seed).map((x) => (x === 0 ? 0.75 : 8 * x));
}

function caseOf(name: Operation, input: Float32Array, alpha: number, beta: number) {
  const params = { operation: UNARY_OPERATIONS[name], count: input.length, alpha, beta };
  return { name, params, inputs: [input], outputs: [{ type: "float32" as const, count: input.length }] };
}

const bounds = fc.constantFrom(
  { alpha: 0.1, beta: 0.5 },
  { alpha: -0.25, beta: 0.75 },
  { alpha: 0, beta: 6 },
  { alpha: 0, beta: Infinity },
);

const operations = fc
  .record({ name: fc.constantFrom(...NAMES), count: sizes(1, 3, 16, 200), bounds, seed: seeds })
  .filter(({ name, bounds }) => name === "clip" || Number.isFinite(bounds.beta))
  .map(({ name, count, bounds, seed }) => caseOf(name, inputOf(count, seed), bounds.alpha, bounds.beta));

/** Within 1e-6 of the value, or of 1 where the value is smaller. */
function expectNear(actual: ArrayLike<number>, expected: ArrayLike<number>, where: string): void {
  for (let i = 0; i < expected.length; i++) {
    const error = Math.abs(actual[i] - expected[i]) / Math.max(1, Math.abs(expected[i]));
    if (!(error <= 1e-6)) expect.fail(`${where}: element ${i} is ${actual[i]} instead of ${expected[i]}`);
  }
}

describe("nn_unary_f32", () => {
  test("numbers its operations as the C enumeration does", () => {
    const names = enumerators("nn_unary_f32.h", "nn_unary_operation", "NN_UNARY_");
    expect(Object.entries(UNARY_OPERATIONS)).toEqual(names.map((name, value) => [name, value]));
    expect(Object.keys(unaryFunctions)).toEqual(names);
  });

  test("equals C in every bit and the real functions closely", async () => {
    const cases = sample(operations, 120);
    const results = await expectTwinsAgree(
      kernel,
      cases.map(({ name: _, ...of }) => of),
    );
    cases.forEach(({ name, params: { alpha, beta }, inputs: [x] }, k) => {
      const expected = Array.from(x, (value) => unaryFunctions[name](value, alpha, beta));
      expectNear(results[k][0] as Float32Array, expected, `${name} ${alpha} ${beta}`);
    });
  });

  test("takes zeros of both signs, infinities, subnormals and huge values as C does", async () => {
    const input = Float32Array.of(0, -0, Infinity, -Infinity, 2 ** -149, -(2 ** -149), 3.4e38, -3.4e38, 88.8, -88.8);
    const finite = input.filter((x) => Number.isFinite(x));
    // -Infinity times 0 in HardSwish is NaN, whose sign is nobody's business.
    await expectTwinsAgree(
      kernel,
      NAMES.map((name) => {
        const { name: _, ...of } = caseOf(name, name === "hard_swish" ? finite : input, 0.25, 0.5);
        return of;
      }),
    );
  });

  test.each(Object.entries(OPERATORS))("%s agrees with onnxruntime", async (name, { operator, attributes }) => {
    const values: Record<string, number> = { alpha: 0.3, beta: 0.45 };
    const x = inputOf(500, 7);
    const y = await runOnnx(
      operator,
      [{ shape: [500], data: x }],
      Object.fromEntries(attributes.map((attribute) => [attribute, values[attribute]])),
    );
    const [output] = runTypeScript(kernel, caseOf(name as Operation, x, values.alpha, values.beta));
    expectNear(output as Float32Array, y.data, name);
  });

  test("clip takes the upper bound where the bounds are in the wrong order, as ONNX does", () => {
    const of = caseOf("clip", Float32Array.of(-5, 0, 5), 2, -2);
    expect(runTypeScript(kernel, of)).toEqual([Float32Array.of(-2, -2, -2)]);
  });
});
