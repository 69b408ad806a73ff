import { withLanes } from "./nn_depthwise_conv2d_3x3_stride2_s8_dsp.js";

/** nn_depthwise_conv2d_3x3_stride2_s8_dsp with one channel widened at a time: slower, with a quarter of the scratch. */
export default withLanes("nn_depthwise_conv2d_3x3_stride2_s8_dsp_lane", 1);
