/** Generated additions in int8, for the plain kernel and its variants. */
import fc from "fast-check";
import type { AddS8Params } from "../../src/kernels/nn_add_s8.js";
import { addMultipliers } from "../../src/numerics/add.js";
import { int8, outputRange } from "./arbitraries.js";
import { type Operands, operands } from "./broadcast_cases.js";
import type { KernelCase } from "./harness.js";

export interface Sum extends KernelCase<AddS8Params>, Pick<Operands, "pairs"> {
  readonly aScale: number;
  /** Negative for Sub. */
  readonly bScale: number;
  readonly outScale: number;
}

const scale = fc.double({ min: 0.005, max: 0.02, noNaN: true });

/** Scales of like size, and some of which one is far finer or coarser. */
const scales: fc.Arbitrary<readonly [number, number, number]> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.tuple(
      scale,
      scale,
      scale.map((x) => 2 * x),
    ),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom<readonly [number, number, number]>(
      [1, 1, 1],
      [2 ** -20, 1, 2],
      [3, 1e-12, 2.5],
      [2 ** 21, 1, 1],
    ),
  },
);

export const sums: fc.Arbitrary<Sum> = fc
  .record({ operands, scales, sub: fc.boolean(), zeroPoints: fc.tuple(int8, int8), range: outputRange })
  .map(
    ({ operands: { loop, inputs, count, pairs }, scales: [aScale, magnitude, outScale], sub, zeroPoints, range }) => {
      const bScale = sub ? -magnitude : magnitude;
      const { aMultiplier, bMultiplier, shift } = addMultipliers(aScale, magnitude, outScale);
      const params = {
        ...loop,
        a_zero_point: zeroPoints[0],
        b_zero_point: zeroPoints[1],
        a_multiplier: aMultiplier,
        b_multiplier: sub ? -bMultiplier : bMultiplier,
        shift,
        ...range,
      };
      return { params, inputs, outputs: [{ type: "int8", count }], pairs, aScale, bScale, outScale };
    },
  );
