import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { elementCount } from "../../src/graph/ir.js";
import kernel from "../../src/kernels/nn_nonzero.js";
import { sample } from "./arbitraries.js";
import { indices } from "./coordinates.js";
import { expectTwinsAgree } from "./harness.js";

const inputs = fc
  .array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 5 })
  .chain((shape) =>
    fc
      .array(fc.constantFrom(0, 0, 1, 255), { minLength: elementCount(shape), maxLength: elementCount(shape) })
      .map((values) => ({ shape, values })),
  );

describe("nn_nonzero", () => {
  test("equals C and gives the index of every element that is not 0", async () => {
    const cases = sample(inputs, 60).map(({ shape, values }) => ({
      shape,
      of: {
        params: { rank: shape.length, shape: Array.from({ length: 8 }, (_, i) => shape[i] ?? 1) },
        inputs: [Uint8Array.from(values)],
        outputs: [
          { type: "int64" as const, count: shape.length * values.length },
          { type: "int32" as const, count: 1 },
        ],
      },
    }));
    const results = await expectTwinsAgree(
      kernel,
      cases.map(({ of }) => of),
    );
    cases.forEach(({ shape, of }, k) => {
      const found = indices(shape).filter((_, i) => of.inputs[0][i] !== 0);
      const [output, count] = results[k];
      expect(count[0]).toBe(found.length);
      const expected = shape.flatMap((_, axis) => found.map((index) => index[axis]));
      expect(Array.from(output as BigInt64Array, Number)).toEqual([
        ...expected,
        ...new Array(output.length - expected.length).fill(0),
      ]);
    });
  });
});
