import { expect, test } from "vitest";
import kernel from "../../src/kernels/nn_lut_s8.js";
import { sample } from "./arbitraries.js";
import { expectTwinsAgree, runTypeScript } from "./harness.js";
import { lookups } from "./lut_cases.js";

const outputs = (count: number) => [{ type: "int8" as const, count }];

test("looks every value up", () => {
  const input = Int8Array.from({ length: 256 }, (_, i) => i - 128);
  const table = input.map((q) => 127 - 3 * q);
  expect(
    runTypeScript(kernel, { params: { count: 256 }, inputs: [input], constants: { table }, outputs: outputs(256) }),
  ).toEqual([table]);
});

test("equals C, out of place and in place", async () => {
  const cases = sample(lookups, 30);
  const results = await expectTwinsAgree(kernel, cases);
  cases.forEach(({ inputs: [input], constants: { table } }, k) => {
    expect(results[k]).toEqual([input.map((q) => table.at(q + 128)!)]);
  });
});
