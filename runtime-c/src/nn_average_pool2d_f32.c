#include "nn_average_pool2d_f32.h"

NN_KERNEL void nn_average_pool2d_f32(const nn_average_pool2d_f32_params *p, const float *input,
                                     float *output) {
    for (int32_t n = 0; n < p->batch; n++) {
        for (int32_t oy = 0; oy < p->out_h; oy++) {
            const int32_t y0 = oy * p->stride_h - p->pad_top;
            const int32_t ky0 = nn_taps_before(-y0, p->dilation_h, p->kernel_h);
            const int32_t ky1 = nn_taps_before(p->in_h - y0, p->dilation_h, p->kernel_h);
            const int32_t padded_rows =
                nn_taps_before(p->in_h + p->pad_bottom - y0, p->dilation_h, p->kernel_h);
            const int32_t rows = p->count_include_pad ? padded_rows : ky1 - ky0;
            for (int32_t ox = 0; ox < p->out_w; ox++) {
                const int32_t x0 = ox * p->stride_w - p->pad_left;
                const int32_t kx0 = nn_taps_before(-x0, p->dilation_w, p->kernel_w);
                const int32_t kx1 = nn_taps_before(p->in_w - x0, p->dilation_w, p->kernel_w);
                const int32_t padded_cols =
                    nn_taps_before(p->in_w + p->pad_right - x0, p->dilation_w, p->kernel_w);
                const int32_t cols = p->count_include_pad ? padded_cols : kx1 - kx0;
                const float count = rows > 0 && cols > 0 ? (float)(rows * cols) : 1.0f;
                for (int32_t c = 0; c < p->channels; c++) {
                    float sum = 0.0f;
                    for (int32_t ky = ky0; ky < ky1; ky++) {
                        const int32_t row = (y0 + ky * p->dilation_h) * p->in_w + x0;
                        for (int32_t kx = kx0; kx < kx1; kx++) {
                            sum += input[(row + kx * p->dilation_w) * p->channels + c];
                        }
                    }
                    *output++ = nn_clamp_f32(sum / count, p->out_min, p->out_max);
                }
            }
        }
        input += p->in_h * p->in_w * p->channels;
    }
}
