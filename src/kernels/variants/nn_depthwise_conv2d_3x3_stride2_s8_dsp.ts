import { depthwise3x3, type Lanes, type ScaledChannel, word } from "./depthwise_planes.js";

const NAME = "nn_depthwise_conv2d_3x3_stride2_s8_dsp";

const costs = {
  band: { instructions: 27, cycles: 42 },
  rows: { instructions: 14, cycles: 18 },
  block: { instructions: 53, cycles: 69 },
  odd: { instructions: 29, cycles: 36 },
};

/** With `lanes` channels widened at a time. */
export const withLanes = (name: string, lanes: Lanes) =>
  depthwise3x3({ name, cFunction: NAME, codeBytes: 1950, stride: 2, lanes, bandRows: 6, costs, packed });

/** Kernel 3x3, stride 2: four channels are widened at a time, then two output rows and columns computed at a time. */
export default withLanes(NAME, 4);

/** See the header of the C function. */
function packed({ weights: w, bias, multiplier }: ScaledChannel): number[] {
  const columns = [0, 1, 2].map((x) => word(w[x], w[3 + x]));
  return [...columns, word(w[6], w[7]), word(w[8], 0), bias, multiplier];
}
