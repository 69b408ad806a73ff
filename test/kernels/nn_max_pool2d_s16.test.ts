import { expect, test } from "vitest";
import kernel from "../../src/kernels/nn_max_pool2d_s16.js";
import { sample } from "./arbitraries.js";
import { expectTwinsAgree } from "./harness.js";
import { maxPools } from "./max_pool_cases.js";
import { coveredBy } from "./pool_windows.js";
import { wide, wideRange } from "./s16_cases.js";

test("nn_max_pool2d_s16 equals C and the definition", async () => {
  const narrow = sample(maxPools, 150);
  const cases = narrow.map(({ of, range, input }) => {
    const { out_min, out_max } = wideRange(range, 2);
    return {
      params: { ...of.params, out_min, out_max },
      inputs: [wide(input)],
      outputs: [{ type: "int16" as const, count: of.outputs[0].count }],
    };
  });
  const results = await expectTwinsAgree(kernel, cases);
  cases.forEach(({ params: { out_min, out_max }, inputs }, k) => {
    const positions = Int32Array.from(inputs[0], (_, i) => i);
    const largest = coveredBy(narrow[k].pool, positions as unknown as Int8Array).map(({ values }) =>
      Math.min(out_max, Math.max(out_min, ...values.map((at) => inputs[0][at]))),
    );
    expect(results[k][0], `case ${k}`).toEqual(Int16Array.from(largest));
  });
});
