#include "nn_max_pool2d_f32.h"

NN_KERNEL void nn_max_pool2d_f32(const nn_max_pool2d_f32_params *p, const float *input, float *output) {
    for (int32_t n = 0; n < p->batch; n++) {
        for (int32_t oy = 0; oy < p->out_h; oy++) {
            const int32_t y0 = oy * p->stride_h - p->pad_top;
            const int32_t ky0 = nn_taps_before(-y0, p->dilation_h, p->kernel_h);
            const int32_t ky1 = nn_taps_before(p->in_h - y0, p->dilation_h, p->kernel_h);
            for (int32_t ox = 0; ox < p->out_w; ox++) {
                const int32_t x0 = ox * p->stride_w - p->pad_left;
                const int32_t kx0 = nn_taps_before(-x0, p->dilation_w, p->kernel_w);
                const int32_t kx1 = nn_taps_before(p->in_w - x0, p->dilation_w, p->kernel_w);
                for (int32_t c = 0; c < p->channels; c++) {
                    float best = -INFINITY;
                    for (int32_t ky = ky0; ky < ky1; ky++) {
                        const int32_t row = (y0 + ky * p->dilation_h) * p->in_w + x0;
                        for (int32_t kx = kx0; kx < kx1; kx++) {
                            const float x = input[(row + kx * p->dilation_w) * p->channels + c];
                            best = x > best ? x : best;
                        }
                    }
                    *output++ = nn_clamp_f32(best, p->out_min, p->out_max);
                }
            }
        }
        input += p->in_h * p->in_w * p->channels;
    }
}
