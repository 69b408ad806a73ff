#include "nn_max_pool2d_s16.h"

NN_KERNEL void nn_max_pool2d_s16(const nn_max_pool2d_s16_params *p, const int16_t *input, int16_t *output) {
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
                    int32_t largest = p->out_min;
                    for (int32_t ky = ky0; ky < ky1; ky++) {
                        const int32_t y = y0 + ky * p->dilation_h;
                        for (int32_t kx = kx0; kx < kx1; kx++) {
                            const int32_t x = x0 + kx * p->dilation_w;
                            const int32_t value = input[(y * p->in_w + x) * p->channels + c];
                            largest = value > largest ? value : largest;
                        }
                    }
                    *output++ = (int16_t)(largest > p->out_max ? p->out_max : largest);
                }
            }
        }
        input += p->in_h * p->in_w * p->channels;
    }
}
