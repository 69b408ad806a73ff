#include "nn_depthwise_conv2d_s16_dsp.h"

#include "nn_s16_dsp.h"

/* Products of the low, and of the high, halves: SMLABB and SMLATT. */
static inline int32_t add_low(int32_t acc, uint32_t x, uint32_t w) {
    __asm__("smlabb %0, %1, %2, %3" : "=r"(acc) : "r"(x), "r"(w), "r"(acc));
    return acc;
}

static inline int32_t add_high(int32_t acc, uint32_t x, uint32_t w) {
    __asm__("smlatt %0, %1, %2, %3" : "=r"(acc) : "r"(x), "r"(w), "r"(acc));
    return acc;
}

NN_KERNEL void nn_depthwise_conv2d_s16_dsp(const nn_depthwise_conv2d_s16_dsp_params *p, const int16_t *input,
                                           const NN_FLASH int32_t *weights, const NN_FLASH int32_t *bias,
                                           const NN_FLASH int32_t *multiplier, const NN_FLASH uint8_t *shift,
                                           void *output) {
    const nn_results_s16 results = {bias,       multiplier, shift,       p->out_zero_point,
                                    p->out_min, p->out_max, p->out_bytes};
    const int32_t x_step = p->dilation_w * p->in_c;
    const int32_t y_step = p->dilation_h * p->in_w * p->in_c;
    const int32_t pairs = p->in_c / 2;
    int8_t *to = (int8_t *)output;
    for (int32_t n = 0; n < p->batch; n++) {
        for (int32_t oy = 0; oy < p->out_h; oy++) {
            const int32_t y0 = oy * p->stride_h - p->pad_top;
            const int32_t ky0 = nn_taps_before(-y0, p->dilation_h, p->kernel_h);
            const int32_t ky1 = nn_taps_before(p->in_h - y0, p->dilation_h, p->kernel_h);
            for (int32_t ox = 0; ox < p->out_w; ox++) {
                const int32_t x0 = ox * p->stride_w - p->pad_left;
                const int32_t kx0 = nn_taps_before(-x0, p->dilation_w, p->kernel_w);
                const int32_t kx1 = nn_taps_before(p->in_w - x0, p->dilation_w, p->kernel_w);
                const int32_t corner = (y0 * p->in_w + x0) * p->in_c + kx0 * x_step;
                for (int32_t pair = 0; pair < pairs; pair++) {
                    int32_t low = bias[2 * pair], high = bias[2 * pair + 1];
                    for (int32_t ky = ky0; ky < ky1; ky++) {
                        const NN_FLASH int32_t *w = weights + (ky * p->kernel_w + kx0) * pairs + pair;
                        int32_t at = corner + ky * y_step + 2 * pair;
                        for (int32_t kx = kx0; kx < kx1; kx++) {
                            const uint32_t x = nn_load_pair(input + at);
                            low = add_low(low, x, (uint32_t)*w);
                            high = add_high(high, x, (uint32_t)*w);
                            at += x_step;
                            w += pairs;
                        }
                    }
                    nn_give_s16(&results, low, 2 * pair, to);
                    nn_give_s16(&results, high, 2 * pair + 1, to);
                }
                to += p->out_c * p->out_bytes;
            }
        }
        input += p->in_h * p->in_w * p->in_c;
    }
}
