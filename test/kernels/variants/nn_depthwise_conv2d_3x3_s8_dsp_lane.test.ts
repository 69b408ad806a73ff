import variant from "../../../src/kernels/variants/nn_depthwise_conv2d_3x3_s8_dsp_lane.js";
import { testDepthwiseVariant } from "./depthwise_variant.js";

testDepthwiseVariant(variant, { kernel: [3], stride: [1], dilation: [1] });
