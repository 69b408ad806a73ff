/** Generated means in int8, for the plain kernel and its variants. */
import fc from "fast-check";
import type { MeanS8Params } from "../../src/kernels/nn_mean_s8.js";
import { fixedPoint } from "../../src/numerics/requantize.js";
import { int8, int8s, outputRange, realMultiplier, sizes } from "./arbitraries.js";
import type { KernelCase } from "./harness.js";

export interface Mean extends KernelCase<MeanS8Params> {
  /** in_scale / out_scale. */
  readonly ratio: number;
}

export const means: fc.Arbitrary<Mean> = fc
  .record({
    outer: sizes(1, 2, 3, 5),
    count: sizes(1, 2, 3, 7, 16, 49),
    inner: sizes(1, 2, 3, 5, 17),
    in_zero_point: int8,
    ratio: realMultiplier,
    range: outputRange,
  })
  .chain(({ ratio, range, ...size }) =>
    int8s(size.outer * size.count * size.inner).map((input) => ({
      params: { ...size, ...range, ...fixedPoint(ratio / size.count, 256 * size.count) },
      inputs: [input],
      outputs: [{ type: "int8" as const, count: size.outer * size.inner }],
      ratio,
    })),
  );
