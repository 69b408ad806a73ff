import fc from "fast-check";
import { describe, expect, test } from "vitest";
import kernel from "../../src/kernels/nn_concat.js";
import { sample, sizes } from "./arbitraries.js";
import { anyElements, bitsOf, elementTypes } from "./coordinates.js";
import { seeds } from "./float_cases.js";
import { expectTwinsAgree } from "./harness.js";

const concats = fc
  .record({
    element: elementTypes,
    outer: sizes(1, 2, 5),
    /** Elements of one block of each input. */
    blocks: fc.array(sizes(1, 2, 3, 7, 16), { minLength: 1, maxLength: 5 }),
    seed: seeds,
  })
  .map(({ element: { type, element_bytes }, outer, blocks, seed }) => ({
    blocks,
    of: {
      params: { input_count: blocks.length, outer },
      inputs: blocks.map((block, k) => anyElements(type, outer * block, seed + k)),
      constants: { block_bytes: Int32Array.from(blocks, (block) => block * element_bytes) },
      outputs: [{ type, count: outer * blocks.reduce((a, b) => a + b) }],
    },
  }));

describe("nn_concat", () => {
  test("equals C and takes the blocks of the inputs in turn", async () => {
    const cases = sample(concats, 80);
    const results = await expectTwinsAgree(
      kernel,
      cases.map(({ of }) => of),
    );
    cases.forEach(({ blocks, of: { params, inputs } }, k) => {
      const expected: number[] = [];
      for (let outer = 0; outer < params.outer; outer++) {
        blocks.forEach((block, i) => {
          expected.push(...bitsOf(inputs[i]).slice(outer * block, (outer + 1) * block));
        });
      }
      expect(bitsOf(results[k][0]), JSON.stringify(blocks)).toEqual(expected);
    });
  });
});
