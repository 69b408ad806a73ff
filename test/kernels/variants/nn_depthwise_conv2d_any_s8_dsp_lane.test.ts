import variant from "../../../src/kernels/variants/nn_depthwise_conv2d_any_s8_dsp_lane.js";
import { testDepthwiseVariant } from "./depthwise_variant.js";

testDepthwiseVariant(variant, { kernel: [5, 1, 2, 3, 4, 7], stride: [1, 1, 2, 3, 4], dilation: [1, 1, 2, 3] });
