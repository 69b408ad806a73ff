#include "nn_conv2d_s16.h"

#include "nn_s16.h"

/* The taps of a window that lie in the image, of one output channel; those in the padding add nothing. */
static int64_t sum_window(const nn_conv2d_s16_params *p, const int16_t *input, const NN_FLASH int8_t *w,
                          int32_t y0, int32_t x0, int64_t acc) {
    const int32_t group_in = p->in_c / p->groups;
    const int32_t begin = nn_taps_before(-x0, p->dilation_w, p->kernel_w);
    const int32_t end = nn_taps_before(p->in_w - x0, p->dilation_w, p->kernel_w);
    /* Neighbouring taps of a kernel row read one contiguous run of the input. */
    const int32_t run = p->groups == 1 && p->dilation_w == 1 && end > begin ? end - begin : 1;
    for (int32_t ky = 0; ky < p->kernel_h; ky++) {
        const int32_t y = y0 + ky * p->dilation_h;
        if (y < 0 || y >= p->in_h) {
            continue;
        }
        for (int32_t kx = begin; kx < end; kx += run) {
            const int16_t *x = input + (y * p->in_w + x0 + kx * p->dilation_w) * p->in_c;
            acc = nn_dot_s16(acc, x, w + (ky * p->kernel_w + kx) * group_in, run * group_in, p->wide_sums);
        }
    }
    return acc;
}

NN_KERNEL void nn_conv2d_s16(const nn_conv2d_s16_params *p, const int16_t *input,
                             const NN_FLASH int8_t *weights, const NN_FLASH int32_t *bias,
                             const NN_FLASH int32_t *multiplier, const NN_FLASH uint8_t *shift,
                             void *output) {
    const int32_t group_in = p->in_c / p->groups;
    const int32_t group_out = p->out_c / p->groups;
    const int32_t taps = p->kernel_h * p->kernel_w * group_in;
    for (int32_t n = 0; n < p->batch; n++) {
        for (int32_t oy = 0; oy < p->out_h; oy++) {
            const int32_t y0 = oy * p->stride_h - p->pad_top;
            for (int32_t ox = 0; ox < p->out_w; ox++) {
                const int32_t x0 = ox * p->stride_w - p->pad_left;
                for (int32_t oc = 0; oc < p->out_c; oc++) {
                    const int16_t *in = input + (oc / group_out) * group_in;
                    const int64_t acc = sum_window(p, in, weights + oc * taps, y0, x0, bias[oc]);
                    const int32_t q = nn_requantize_s16(acc, multiplier[oc], shift[oc], p->out_zero_point,
                                                        p->out_min, p->out_max);
                    output = nn_store_s16(output, q, p->out_bytes);
                }
            }
        }
        input += p->in_h * p->in_w * p->in_c;
    }
}
