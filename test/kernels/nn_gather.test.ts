import { describe, expect, test } from "vitest";
import kernel from "../../src/kernels/nn_gather.js";
import { sample } from "./arbitraries.js";
import { anyElements, bitsOf } from "./coordinates.js";
import { expectTwinsAgree } from "./harness.js";
import { indexed } from "./indexed_cases.js";

describe("nn_gather", () => {
  test("equals C and picks the blocks that the indices address, never one outside", async () => {
    const cases = sample(indexed, 100).map(({ params, indices, blocks, bytes, seed }) => ({
      blocks,
      of: {
        params,
        inputs: [anyElements("int8", bytes, seed), indices],
        outputs: [{ type: "int8" as const, count: blocks.length * params.block_bytes }],
      },
    }));
    const results = await expectTwinsAgree(
      kernel,
      cases.map(({ of }) => of),
    );
    cases.forEach(({ blocks, of }, k) => {
      const data = bitsOf(of.inputs[0]);
      const size = of.params.block_bytes;
      expect(bitsOf(results[k][0])).toEqual(blocks.flatMap((block) => data.slice(block * size, (block + 1) * size)));
    });
  });

  test("an index per element: the other axes keep their place", async () => {
    // Rows of [2, 3] data, an index for each of 2 x 2 positions along the last axis.
    const params = {
      ...{ block_bytes: 2, index_bytes: 4, depth: 1, size: [3, 1, 1, 1, 1, 1], stride: [1, 0, 0, 0, 0, 0] },
      ...{ shape: [1, 1, 1, 1, 2, 2], base_stride: [0, 0, 0, 0, 3, 0], index_stride: [0, 0, 0, 0, 2, 1] },
    };
    const inputs = [Int16Array.of(1, 2, 3, 4, 5, 6), Int32Array.of(2, 0, 1, -1)];
    const [[output]] = await expectTwinsAgree(kernel, [{ params, inputs, outputs: [{ type: "int16", count: 4 }] }]);
    expect(bitsOf(output)).toEqual([3, 1, 5, 6]);
  });
});
