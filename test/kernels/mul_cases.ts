/** Generated products in int8, for the plain kernel and its variants. */
import fc from "fast-check";
import type { MulS8Params } from "../../src/kernels/nn_mul_s8.js";
import { fixedPoint } from "../../src/numerics/requantize.js";
import { int8, outputRange, realMultiplier } from "./arbitraries.js";
import { type Operands, operands } from "./broadcast_cases.js";
import type { KernelCase } from "./harness.js";

export type Product = KernelCase<MulS8Params> & Pick<Operands, "pairs">;

export const products: fc.Arbitrary<Product> = fc
  .record({
    operands,
    zeroPoints: fc.tuple(int8, int8),
    multiplier: realMultiplier.map((real) => real / 256),
    range: outputRange,
  })
  .map(({ operands: { loop, inputs, count, pairs }, zeroPoints, multiplier, range }) => ({
    params: {
      ...loop,
      a_zero_point: zeroPoints[0],
      b_zero_point: zeroPoints[1],
      ...fixedPoint(multiplier, 2 ** 16),
      ...range,
    },
    inputs,
    outputs: [{ type: "int8", count }],
    pairs,
  }));
