import { depthwise3x3, type Lanes, type ScaledChannel, word } from "./depthwise_planes.js";

const NAME = "nn_depthwise_conv2d_3x3_s8_dsp";

const costs = {
  band: { instructions: 27, cycles: 42 },
  rows: { instructions: 14, cycles: 18 },
  block: { instructions: 47, cycles: 61 },
  odd: { instructions: 26, cycles: 32 },
};

/** With `lanes` channels widened at a time. */
export const withLanes = (name: string, lanes: Lanes) =>
  depthwise3x3({ name, cFunction: NAME, codeBytes: 1910, stride: 1, lanes, bandRows: 14, costs, packed });

/** Kernel 3x3, stride 1: four channels are widened at a time, then two output rows and columns computed at a time. */
export default withLanes(NAME, 4);

/** See the header of the C function. */
function packed({ weights: w, bias, multiplier }: ScaledChannel): number[] {
  const columns = [0, 1, 2].flatMap((x) => [word(w[x], w[3 + x]), word(w[3 + x], w[6 + x])]);
  return [...columns, bias, multiplier];
}
