#include "nn_conv2d_f32.h"

NN_KERNEL void nn_conv2d_f32(const nn_conv2d_f32_params *p, const float *input, const NN_FLASH float *weights,
                             const NN_FLASH float *bias, float *output) {
    const int32_t group_in = p->in_c / p->groups;
    const int32_t group_out = p->out_c / p->groups;
    /* Neighbouring taps of a kernel row are one run where neither dilation nor groups leave gaps. */
    const int joined = p->dilation_w == 1 && p->groups == 1;
    for (int32_t n = 0; n < p->batch; n++) {
        for (int32_t oy = 0; oy < p->out_h; oy++) {
            const int32_t y0 = oy * p->stride_h - p->pad_top;
            const int32_t ky0 = nn_taps_before(-y0, p->dilation_h, p->kernel_h);
            const int32_t ky1 = nn_taps_before(p->in_h - y0, p->dilation_h, p->kernel_h);
            for (int32_t ox = 0; ox < p->out_w; ox++) {
                const int32_t x0 = ox * p->stride_w - p->pad_left;
                const int32_t kx0 = nn_taps_before(-x0, p->dilation_w, p->kernel_w);
                const int32_t taps = nn_taps_before(p->in_w - x0, p->dilation_w, p->kernel_w) - kx0;
                const int32_t runs = joined ? taps > 0 : taps;
                const int32_t run = joined ? taps * group_in : group_in;
                for (int32_t oc = 0; oc < p->out_c; oc++) {
                    float acc = bias[oc];
                    for (int32_t ky = ky0; ky < ky1; ky++) {
                        const int32_t pixel = (y0 + ky * p->dilation_h) * p->in_w + x0 + kx0 * p->dilation_w;
                        int32_t at = pixel * p->in_c + (oc / group_out) * group_in;
                        int32_t w = ((oc * p->kernel_h + ky) * p->kernel_w + kx0) * group_in;
                        for (int32_t i = 0; i < runs; i++) {
                            acc = nn_dot_f32(acc, input + at, weights + w, run);
                            at += p->dilation_w * p->in_c;
                            w += group_in;
                        }
                    }
                    *output++ = nn_clamp_f32(acc, p->out_min, p->out_max);
                }
            }
        }
        input += p->in_h * p->in_w * p->in_c;
    }
}
