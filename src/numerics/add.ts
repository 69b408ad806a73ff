/** Multipliers of the int8 Add in 32-bit arithmetic. */
export interface AddMultipliers {
  readonly aMultiplier: number;
  readonly bMultiplier: number;
  readonly shift: number;
}

/**
 * a_scale / out_scale and b_scale / out_scale over one power of two, with the largest precision at which
 * 255 * (ma + mb) + 2^(shift - 1) < 2^31. Each multiplier is off by at most 2^-(shift + 1), so a sum by at most
 * 255 * 2^-shift output steps before it is rounded.
 * @throws RangeError where (aScale + bScale) / outScale is too large for shift 1; up to 2^22 it never is
 */
export function addMultipliers(aScale: number, bScale: number, outScale: number): AddMultipliers {
  return mostPrecise([aScale, bScale, outScale], (a, b, shift) => 255 * (a + b) + 2 ** (shift - 1) < 2 ** 31);
}

/**
 * The same for int16 values, in 64-bit arithmetic: the largest shift up to 30 at which each multiplier is below 2^31. A
 * sum is off by at most 2^16 * 2^-(shift + 1) output steps, 2^-15 of one where no scale exceeds the output's.
 * @throws RangeError where a scale is 2^30 output scales or more
 */
export function wideAddMultipliers(aScale: number, bScale: number, outScale: number): AddMultipliers {
  return mostPrecise([aScale, bScale, outScale], (a, b) => Math.max(a, b) < 2 ** 31);
}

/** The multipliers of the largest shift up to 30 at which they fit. */
function mostPrecise(
  [aScale, bScale, outScale]: readonly [number, number, number],
  inRange: (aMultiplier: number, bMultiplier: number, shift: number) => boolean,
): AddMultipliers {
  for (let shift = 30; shift >= 1; shift--) {
    const aMultiplier = Math.round((aScale / outScale) * 2 ** shift);
    const bMultiplier = Math.round((bScale / outScale) * 2 ** shift);
    if (inRange(aMultiplier, bMultiplier, shift)) return { aMultiplier, bMultiplier, shift };
  }
  throw new RangeError(`scales ${aScale} and ${bScale} are too coarse for ${outScale}`);
}
