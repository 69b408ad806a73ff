#include "nn_average_pool2d_s16.h"

#include "nn_s16.h"

NN_KERNEL void nn_average_pool2d_s16(const nn_average_pool2d_s16_params *p, const int16_t *input,
                                     const NN_FLASH int32_t *multiplier, const NN_FLASH uint8_t *shift,
                                     void *output) {
    const int32_t padded_bottom = p->in_h + p->pad_bottom;
    const int32_t padded_right = p->in_w + p->pad_right;
    for (int32_t n = 0; n < p->batch; n++) {
        for (int32_t oy = 0; oy < p->out_h; oy++) {
            const int32_t y0 = oy * p->stride_h - p->pad_top;
            const int32_t ky0 = nn_taps_before(-y0, p->dilation_h, p->kernel_h);
            const int32_t ky1 = nn_taps_before(p->in_h - y0, p->dilation_h, p->kernel_h);
            const int32_t rows = nn_taps_before(padded_bottom - y0, p->dilation_h, p->kernel_h);
            for (int32_t ox = 0; ox < p->out_w; ox++) {
                const int32_t x0 = ox * p->stride_w - p->pad_left;
                const int32_t kx0 = nn_taps_before(-x0, p->dilation_w, p->kernel_w);
                const int32_t kx1 = nn_taps_before(p->in_w - x0, p->dilation_w, p->kernel_w);
                const int32_t columns = nn_taps_before(padded_right - x0, p->dilation_w, p->kernel_w);
                const int32_t inside = ky1 > ky0 && kx1 > kx0 ? (ky1 - ky0) * (kx1 - kx0) : 0;
                const int32_t entry = (p->count_include_pad ? rows * columns : inside) - p->min_count;
                for (int32_t c = 0; c < p->channels; c++) {
                    int32_t acc = 0;
                    for (int32_t ky = ky0; ky < ky1; ky++) {
                        const int32_t y = y0 + ky * p->dilation_h;
                        for (int32_t kx = kx0; kx < kx1; kx++) {
                            const int32_t x = x0 + kx * p->dilation_w;
                            acc += input[(y * p->in_w + x) * p->channels + c];
                        }
                    }
                    const int32_t q = nn_requantize_s16(acc, multiplier[entry], shift[entry],
                                                        p->out_zero_point, p->out_min, p->out_max);
                    output = nn_store_s16(output, q, p->out_bytes);
                }
            }
        }
        input += p->in_h * p->in_w * p->channels;
    }
}
