import { describe, expect, test } from "vitest";
import variant from "../../../src/kernels/variants/nn_fully_connected_s8_mve.js";
import { sample } from "../arbitraries.js";
import { product, products } from "../fully_connected_s8_cases.js";
import { expectVariantAgrees, implementationOf, MACHINES } from "../simulator.js";

const machine = MACHINES["cortex-m55"];

describe(variant.name, () => {
  test("equals the plain kernel", { timeout: 300_000 }, async () => {
    const all = sample(products, 160);
    const cases = all.filter((of) => typeof implementationOf(variant, of, machine.target) !== "string");
    expect(cases.length).toBeGreaterThan(80);
    await expectVariantAgrees(variant, cases, machine);
  });

  test("requantises alike at every shift, around every tie and bound", { timeout: 120_000 }, async () => {
    const tables = { bias: [] as number[], multiplier: [] as number[], shift: [] as number[] };
    for (let shift = 33; shift <= 62; shift++) {
      for (const multiplier of [0, 1, 12345, 2 ** 30, 2 ** 31 - 1]) {
        for (const steps of [-129, -128.5, -1.5, -1, -0.5, 0, 0.5, 1, 126.5, 127.5, 300]) {
          const acc = Math.round((steps * 2 ** shift) / Math.max(1, multiplier));
          for (const bias of [acc - 1, acc, acc + 1]) {
            if (Math.abs(bias) >= 2 ** 31) continue;
            tables.bias.push(bias);
            tables.multiplier.push(multiplier);
            tables.shift.push(shift);
          }
        }
      }
      for (const bias of [-(2 ** 31), 2 ** 31 - 1]) {
        tables.bias.push(bias);
        tables.multiplier.push(2 ** 31 - 1);
        tables.shift.push(shift);
      }
    }
    const out_features = tables.bias.length;
    const params = { rows: 1, in_features: 1, out_features, out_zero_point: -3, out_min: -128, out_max: 127 };
    const layer = {
      weights: new Int8Array(out_features),
      bias: Int32Array.from(tables.bias),
      multiplier: Int32Array.from(tables.multiplier),
      shift: Uint8Array.from(tables.shift),
    };
    await expectVariantAgrees(variant, [product(params, 0, Int8Array.of(1), layer)], machine);
  });
});
