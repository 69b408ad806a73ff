#include "nn_max_pool2d_s8_dsp.h"

NN_KERNEL void nn_max_pool2d_s8_dsp(const nn_max_pool2d_s8_dsp_params *p, const int8_t *input,
                                    int8_t *output) {
    const int32_t x_step = p->dilation_w * p->channels;
    const int32_t y_step = p->dilation_h * p->in_w * p->channels;
    const uint32_t lowest = nn_splat_s8(p->out_min), highest = nn_splat_s8(p->out_max);
    for (int32_t n = 0; n < p->batch; n++) {
        for (int32_t oy = 0; oy < p->out_h; oy++) {
            const int32_t y0 = oy * p->stride_h - p->pad_top;
            const int32_t ky0 = nn_taps_before(-y0, p->dilation_h, p->kernel_h);
            const int32_t ky1 = nn_taps_before(p->in_h - y0, p->dilation_h, p->kernel_h);
            for (int32_t ox = 0; ox < p->out_w; ox++) {
                const int32_t x0 = ox * p->stride_w - p->pad_left;
                const int32_t kx0 = nn_taps_before(-x0, p->dilation_w, p->kernel_w);
                const int32_t kx1 = nn_taps_before(p->in_w - x0, p->dilation_w, p->kernel_w);
                const int32_t first = (y0 * p->in_w + x0) * p->channels + ky0 * y_step + kx0 * x_step;
                int lanes;
                for (int32_t c = 0; c < p->channels; c += lanes) {
                    const int8_t *row = input + first + c;
                    uint32_t largest = lowest;
                    lanes = p->channels - c >= 4 ? 4 : 1;
                    for (int32_t ky = ky0; ky < ky1; ky++) {
                        const int8_t *x = row;
                        if (lanes == 4) {
                            for (int32_t kx = kx0; kx < kx1; kx++) {
                                largest = nn_max_s8x4(largest, nn_load_word(x));
                                x += x_step;
                            }
                        } else {
                            for (int32_t kx = kx0; kx < kx1; kx++) {
                                largest = nn_max_s8x4(largest, (uint32_t)*x);
                                x += x_step;
                            }
                        }
                        row += y_step;
                    }
                    largest = nn_min_s8x4(largest, highest);
                    if (lanes == 4) {
                        nn_store_word(output, largest);
                    } else {
                        *output = (int8_t)largest;
                    }
                    output += lanes;
                }
            }
        }
        input += p->in_h * p->in_w * p->channels;
    }
}
