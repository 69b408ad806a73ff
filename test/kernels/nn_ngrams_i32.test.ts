import fc from "fast-check";
import { describe, expect, test } from "vitest";
import kernel from "../../src/kernels/nn_ngrams_i32.js";
import { sample } from "./arbitraries.js";
import { expectTwinsAgree } from "./harness.js";

const word = fc.integer({ min: 0, max: 2 });

const counts = fc
  .record({
    rows: fc.integer({ min: 1, max: 3 }),
    columns: fc.integer({ min: 1, max: 9 }),
    distances: fc.integer({ min: 1, max: 4 }),
    grams: fc.array(fc.array(word, { minLength: 1, maxLength: 3 }), { minLength: 1, maxLength: 6 }),
  })
  .chain(({ grams, ...size }) =>
    fc
      .record({
        text: fc.array(word, { minLength: size.rows * size.columns, maxLength: size.rows * size.columns }),
        places: fc.array(fc.nat(4), { minLength: grams.length, maxLength: grams.length }),
      })
      .map(({ text, places }) => ({
        grams,
        places,
        text,
        of: {
          params: { ...size, grams: grams.length, results: 5 },
          inputs: [Int32Array.from(text)],
          constants: {
            pool: Int32Array.from(grams.flat()),
            entries: Int32Array.from(grams.flatMap((gram, g) => [gram.length, places[g]])),
          },
          outputs: [{ type: "float32" as const, count: size.rows * 5 }],
        },
      })),
  );

describe("nn_ngrams_i32", () => {
  test("equals C and a search by strings", async () => {
    const cases = sample(counts, 80);
    const results = await expectTwinsAgree(
      kernel,
      cases.map(({ of }) => of),
    );
    cases.forEach(({ grams, places, text, of: { params: p } }, n) => {
      const expected = new Array<number>(p.rows * 5).fill(0);
      for (let row = 0; row < p.rows; row++) {
        const line = text.slice(row * p.columns, (row + 1) * p.columns);
        grams.forEach((gram, g) => {
          for (let distance = 1; distance <= (gram.length === 1 ? 1 : p.distances); distance++) {
            line.forEach((_, first) => {
              const seen = gram.map((_, k) => line[first + k * distance]);
              if (seen.join() === gram.join()) expected[row * 5 + places[g]]++;
            });
          }
        });
      }
      expect(Array.from(results[n][0] as Float32Array)).toEqual(expected);
    });
  });
});
