import { expect, test } from "vitest";
import kernel from "../../src/kernels/nn_lut_s8.js";
import { int8s, sample, sizes } from "./arbitraries.js";
import { expectTwinsAgree, runTypeScript } from "./harness.js";

const outputs = (count: number) => [{ type: "int8" as const, count }];

test("looks every value up", () => {
  const input = Int8Array.from({ length: 256 }, (_, i) => i - 128);
  const table = input.map((q) => 127 - 3 * q);
  expect(
    runTypeScript(kernel, { params: { count: 256 }, inputs: [input], constants: { table }, outputs: outputs(256) }),
  ).toEqual([table]);
});

test("equals C, out of place and in place", async () => {
  const inputs = sample(
    sizes(1, 3, 16, 17, 255).chain((count) => int8s(count)),
    30,
  );
  const tables = sample(int8s(256), 30);
  const cases = inputs.map((input, k) => ({
    params: { count: input.length },
    inputs: [input],
    constants: { table: tables[k] },
    outputs: outputs(input.length),
  }));
  const results = await expectTwinsAgree(kernel, cases);
  inputs.forEach((input, k) => {
    expect(results[k]).toEqual([input.map((q) => tables[k].at(q + 128)!)]);
  });
});
