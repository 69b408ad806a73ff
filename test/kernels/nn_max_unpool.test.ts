import { describe, expect, test } from "vitest";
import { bytesPerElement, fromNumbers } from "../../src/graph/ir.js";
import kernel from "../../src/kernels/nn_max_unpool.js";
import { expectTwinsAgree } from "./harness.js";

describe("nn_max_unpool", () => {
  test("equals C, puts elements where their indices say, and leaves out those outside", async () => {
    const indices = BigInt64Array.of(4n, 0n, 4n, -1n, 7n, 2n ** 40n);
    const values = [5, -6, 7, 8, 9, 10];
    const cases = (["int8", "int16", "float32", "int64"] as const).map((type) => ({
      params: { element_bytes: bytesPerElement(type), count: 6, out_count: 7 },
      inputs: [fromNumbers(type, values), indices],
      outputs: [{ type, count: 7 }],
    }));
    const results = await expectTwinsAgree(kernel, cases);
    for (const [output] of results) {
      expect(Array.from(output as Float32Array, Number)).toEqual([-6, 0, 0, 0, 7, 0, 0]);
    }
  });
});
