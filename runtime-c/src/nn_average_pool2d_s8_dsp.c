#include "nn_average_pool2d_s8_dsp.h"

NN_KERNEL void nn_average_pool2d_s8_dsp(const nn_average_pool2d_s8_dsp_params *p, const int8_t *input,
                                        const int32_t *multiplier, const uint8_t *shift, int8_t *output) {
    const int32_t padded_bottom = p->in_h + p->pad_bottom;
    const int32_t padded_right = p->in_w + p->pad_right;
    const int32_t x_step = p->dilation_w * p->channels;
    const int32_t y_step = p->dilation_h * p->in_w * p->channels;
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
                const int32_t zero = -inside * p->in_zero_point;
                const int32_t first = (y0 * p->in_w + x0) * p->channels + ky0 * y_step + kx0 * x_step;
                int lanes;
                for (int32_t c = 0; c < p->channels; c += lanes) {
                    const int8_t *row = input + first + c;
                    int32_t acc[4] = {zero, zero, zero, zero};
                    lanes = p->channels - c >= 4 ? 4 : 1;
                    if (lanes == 4) {
                        uint32_t even = 0, odd = 0;
                        for (int32_t ky = ky0; ky < ky1; ky++) {
                            const int8_t *x = row;
                            for (int32_t kx = kx0; kx < kx1; kx++) {
                                even = nn_sxtab16(even, nn_load_word(x));
                                odd = nn_sxtab16_odd(odd, nn_load_word(x));
                                x += x_step;
                            }
                            row += y_step;
                        }
                        acc[0] += (int16_t)even;
                        acc[1] += (int16_t)odd;
                        acc[2] += (int32_t)even >> 16;
                        acc[3] += (int32_t)odd >> 16;
                    } else {
                        for (int32_t ky = ky0; ky < ky1; ky++) {
                            const int8_t *x = row;
                            for (int32_t kx = kx0; kx < kx1; kx++) {
                                acc[0] += *x;
                                x += x_step;
                            }
                            row += y_step;
                        }
                    }
                    for (int lane = 0; lane < lanes; lane++) {
                        *output++ = nn_requantize_s8(acc[lane], multiplier[entry], shift[entry],
                                                     p->out_zero_point, p->out_min, p->out_max);
                    }
                }
            }
        }
        input += p->in_h * p->in_w * p->channels;
    }
}
