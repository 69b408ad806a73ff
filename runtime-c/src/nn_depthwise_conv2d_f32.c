#include "nn_depthwise_conv2d_f32.h"

NN_KERNEL void nn_depthwise_conv2d_f32(const nn_depthwise_conv2d_f32_params *p, const float *input,
                                       const NN_FLASH float *weights, const NN_FLASH float *bias,
                                       float *output) {
    const int32_t in_row = p->in_w * p->in_c;
    const int32_t weights_row = p->kernel_w * p->out_c;
    for (int32_t n = 0; n < p->batch; n++) {
        for (int32_t oy = 0; oy < p->out_h; oy++) {
            const int32_t y0 = oy * p->stride_h - p->pad_top;
            const int32_t ky0 = nn_taps_before(-y0, p->dilation_h, p->kernel_h);
            const int32_t ky1 = nn_taps_before(p->in_h - y0, p->dilation_h, p->kernel_h);
            for (int32_t ox = 0; ox < p->out_w; ox++) {
                const int32_t x0 = ox * p->stride_w - p->pad_left;
                const int32_t kx0 = nn_taps_before(-x0, p->dilation_w, p->kernel_w);
                const int32_t kx1 = nn_taps_before(p->in_w - x0, p->dilation_w, p->kernel_w);
                const int32_t first = (x0 + kx0 * p->dilation_w) * p->in_c;
                int32_t c = 0;
                for (int32_t ic = 0; ic < p->in_c; ic++) {
                    for (int32_t m = 0; m < p->channel_multiplier; m++, c++) {
                        float acc = bias[c];
                        for (int32_t ky = ky0; ky < ky1; ky++) {
                            int32_t at = (y0 + ky * p->dilation_h) * in_row + first + ic;
                            int32_t w = ky * weights_row + kx0 * p->out_c + c;
                            for (int32_t kx = kx0; kx < kx1; kx++) {
                                acc += input[at] * weights[w];
                                at += p->dilation_w * p->in_c;
                                w += p->out_c;
                            }
                        }
                        *output++ = nn_clamp_f32(acc, p->out_min, p->out_max);
                    }
                }
            }
        }
        input += p->in_h * in_row;
    }
}
