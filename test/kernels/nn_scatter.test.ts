import { describe, expect, test } from "vitest";
import kernel from "../../src/kernels/nn_scatter.js";
import { sample } from "./arbitraries.js";
import { anyElements, bitsOf } from "./coordinates.js";
import { expectTwinsAgree } from "./harness.js";
import { indexed } from "./indexed_cases.js";

describe("nn_scatter", () => {
  test("equals C and puts every block where its indices say, the last one to stay", async () => {
    const cases = sample(indexed, 100).map(({ params, indices, blocks, bytes, seed }) => ({
      blocks,
      of: {
        params: { ...params, total_bytes: bytes },
        inputs: [
          anyElements("int8", bytes, seed),
          indices,
          anyElements("int8", blocks.length * params.block_bytes, seed + 1),
        ],
        outputs: [{ type: "int8" as const, count: bytes }],
      },
    }));
    const results = await expectTwinsAgree(
      kernel,
      cases.map(({ of }) => of),
    );
    cases.forEach(({ blocks, of }, k) => {
      const expected = bitsOf(of.inputs[0]);
      const updates = bitsOf(of.inputs[2]);
      const size = of.params.block_bytes;
      blocks.forEach((block, i) => {
        expected.splice(block * size, size, ...updates.slice(i * size, (i + 1) * size));
      });
      expect(bitsOf(results[k][0])).toEqual(expected);
    });
  });
});
