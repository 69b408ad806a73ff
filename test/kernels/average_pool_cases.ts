/** Generated average poolings in int8, for the plain kernel and its variants. */
import fc from "fast-check";
import { averagePoolCounts } from "../../src/kernels/nn_average_pool2d_s8.js";
import { fixedPoint } from "../../src/numerics/requantize.js";
import { int8, int8s, outputRange, realMultiplier } from "./arbitraries.js";
import type { KernelCase } from "./harness.js";
import { inputCount, outputCount, type Pool, pools } from "./pool_windows.js";

export interface Image {
  readonly pool: Pool & { count_include_pad: number };
  readonly in_zero_point: number;
  readonly range: { out_zero_point: number; out_min: number; out_max: number };
  /** in_scale / out_scale. */
  readonly ratio: number;
  readonly input: Int8Array;
}

export const images: fc.Arbitrary<Image> = fc
  .record({ pool: pools, include: fc.boolean(), in_zero_point: int8, range: outputRange, ratio: realMultiplier })
  .chain(({ pool, include, ...rest }) =>
    int8s(inputCount(pool)).map((input) => ({
      pool: { ...pool, count_include_pad: include ? 1 : 0 },
      ...rest,
      input,
    })),
  );

export function caseOf({ pool, in_zero_point, range, ratio, input }: Image): KernelCase {
  const { min, max } = averagePoolCounts(pool);
  const fixed = Array.from({ length: max - min + 1 }, (_, i) => {
    const count = Math.max(1, min + i);
    return fixedPoint(ratio / count, 256 * count);
  });
  return {
    params: { ...pool, in_zero_point, ...range, min_count: min },
    inputs: [input],
    constants: {
      multiplier: Int32Array.from(fixed, ({ multiplier }) => multiplier),
      shift: Uint8Array.from(fixed, ({ shift }) => shift),
    },
    outputs: [{ type: "int8", count: outputCount(pool) }],
  };
}
