/** The simulator harness itself: plain kernels agree with the host reference on every core, and a difference shows. */
import { describe, expect, test } from "vitest";
import { kernelOf } from "../../src/kernels/index.js";
import { defineVariant, only, type Variant } from "../../src/kernels/variant.js";
import { expectVariantAgrees, MACHINES } from "./simulator.js";

/** A plain kernel in the place of a variant of itself. */
function asVariant(name: string, change: (bias: Int32Array) => Int32Array): Variant {
  const kernel = kernelOf(name);
  return defineVariant({
    name,
    of: name,
    isa: "any",
    codeBytes: 0,
    find: only(kernel),
    implement: ({ params, constants }) => ({
      kernel: name,
      params,
      constants: { ...constants, bias: change(constants.bias as Int32Array) },
      scratchBytes: 0,
      cost: { cycles: 0, instructions: 0 },
    }),
  });
}

const fullyConnected = {
  params: { rows: 2, in_features: 5, out_features: 3, out_zero_point: 3, out_min: -128, out_max: 127 },
  inputs: [Int8Array.from({ length: 10 }, (_, i) => 25 * i - 128)],
  constants: {
    weights: Int8Array.from({ length: 15 }, (_, i) => 17 * i - 120),
    bias: Int32Array.of(-4000, 0, 5000),
    multiplier: Int32Array.of(2 ** 30, 1518500250, 2 ** 31 - 1),
    shift: Uint8Array.of(37, 36, 38),
  },
  outputs: [{ type: "int8", count: 6 }],
} as const;

describe.each(Object.entries(MACHINES))("%s", (_, machine) => {
  test("a plain kernel equals its host reference", async () => {
    const variant = asVariant("nn_fully_connected_s8", (bias) => bias);
    await expectVariantAgrees(variant, [fullyConnected, fullyConnected], machine);
  });
});

test("a difference shows", async () => {
  const variant = asVariant("nn_fully_connected_s8", (bias) => bias.map((b) => b + 3000));
  const found = expectVariantAgrees(variant, [fullyConnected], MACHINES["cortex-m3"]);
  await expect(found).rejects.toThrow("nn_fully_connected_s8, case 0, output 0, byte 1: plain 106, variant 127");
});
