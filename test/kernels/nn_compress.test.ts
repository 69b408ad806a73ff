import fc from "fast-check";
import { describe, expect, test } from "vitest";
import kernel from "../../src/kernels/nn_compress.js";
import { sample } from "./arbitraries.js";
import { anyElements, bitsOf } from "./coordinates.js";
import { seeds } from "./float_cases.js";
import { expectTwinsAgree } from "./harness.js";

const choices = fc
  .record({
    outer: fc.integer({ min: 1, max: 3 }),
    size: fc.integer({ min: 1, max: 9 }),
    block_bytes: fc.constantFrom(1, 2, 8, 20),
    condition: fc.array(fc.constantFrom(0, 1), { minLength: 1, maxLength: 9 }),
    seed: seeds,
  })
  .filter(({ size, condition }) => condition.length <= size)
  .map(({ outer, size, block_bytes, condition, seed }) => ({
    params: { outer, size, block_bytes, chosen: condition.length },
    inputs: [anyElements("int8", outer * size * block_bytes, seed), Uint8Array.from(condition)],
    outputs: [
      { type: "int8" as const, count: outer * condition.length * block_bytes },
      { type: "int32" as const, count: 1 },
    ],
  }));

describe("nn_compress", () => {
  test("equals C and keeps the chosen blocks without gaps", async () => {
    const cases = sample(choices, 60);
    const results = await expectTwinsAgree(kernel, cases);
    cases.forEach(({ params, inputs }, k) => {
      const [input, condition] = inputs.map(bitsOf);
      const { size, block_bytes: bytes } = params;
      const kept = input.filter((_, at) => condition[Math.floor(at / bytes) % size] === 1);
      expect(bitsOf(results[k][0])).toEqual([...kept, ...new Array(results[k][0].length - kept.length).fill(0)]);
      expect(results[k][1][0]).toBe(condition.filter((c) => c === 1).length);
    });
  });
});
