import type { DepthwiseConv2dS8Params } from "../nn_depthwise_conv2d_s8.js";
import { defineVariant, only } from "../variant.js";
import { inPlaceHolds, PLANE_FIELDS, planes, type ScaledChannel, scaledChannels, word } from "./depthwise_planes.js";

const NAME = "nn_depthwise_conv2d_3x3_stride2_s8_dsp";
/** Of the requantisation, beyond 32: an immediate of the assembly. */
const SHIFT = 10;

/** Kernel 3x3, stride 2: two output rows and columns at a time. */
export default defineVariant<DepthwiseConv2dS8Params>({
  name: NAME,
  of: "nn_depthwise_conv2d_s8",
  isa: "dsp",
  codeBytes: 1690,
  find: only({
    name: NAME,
    inputs: 1,
    outputs: 1,
    params: PLANE_FIELDS,
    constants: [{ name: "weights", type: "int32" }],
    inPlace: [[0, 0]],
  }),
  implement(call) {
    const p = call.params;
    if (p.kernel_h !== 3 || p.kernel_w !== 3) return "the kernel is not 3x3";
    if (p.stride_h !== 2 || p.stride_w !== 2) return "the stride is not 2";
    if (p.dilation_h !== 1 || p.dilation_w !== 1) return "the kernel is dilated";
    if (p.out_w < 2) return "a single column";
    if (!inPlaceHolds(p)) return "equal sizes of another shape";
    const channels = scaledChannels(call, SHIFT);
    if (typeof channels === "string") return channels;
    return {
      kernel: NAME,
      ...planes(p),
      constants: { weights: Int32Array.from(channels.flatMap(packed)) },
      cost: { cycles: 0, instructions: 0 },
    };
  },
});

function packed({ weights: w, bias, multiplier }: ScaledChannel): number[] {
  const columns = [0, 1, 2].map((x) => word(w[x], w[3 + x]));
  return [...columns, word(w[6], w[7]), word(w[8], 0), bias, multiplier];
}
