#include "nn_conv2d_s8.h"

NN_KERNEL void nn_conv2d_s8(const nn_conv2d_s8_params *p, const int8_t *input, const NN_FLASH int8_t *weights,
                            const NN_FLASH int32_t *bias, const NN_FLASH int32_t *multiplier,
                            const NN_FLASH uint8_t *shift, int8_t *output) {
    const int32_t group_in = p->in_c / p->groups;
    const int32_t group_out = p->out_c / p->groups;
    /* Neighbouring taps of a kernel row read one contiguous run of the input. */
    const int contiguous = p->groups == 1 && p->dilation_w == 1;
    for (int32_t n = 0; n < p->batch; n++) {
        for (int32_t oy = 0; oy < p->out_h; oy++) {
            const int32_t y0 = oy * p->stride_h - p->pad_top;
            for (int32_t ox = 0; ox < p->out_w; ox++) {
                const int32_t x0 = ox * p->stride_w - p->pad_left;
                const int32_t begin = nn_taps_before(-x0, p->dilation_w, p->kernel_w);
                const int32_t end = nn_taps_before(p->in_w - x0, p->dilation_w, p->kernel_w);
                const NN_FLASH int8_t *w = weights;
                for (int32_t oc = 0; oc < p->out_c; oc++) {
                    const int8_t *const in = input + (oc / group_out) * group_in;
                    int32_t acc = bias[oc];
                    for (int32_t ky = 0; ky < p->kernel_h; ky++) {
                        const int32_t y = y0 + ky * p->dilation_h;
                        const int row_inside = y >= 0 && y < p->in_h;
                        const int32_t row_begin = row_inside ? begin : p->kernel_w;
                        const int32_t row_end = row_inside ? end : p->kernel_w;
                        for (int32_t kx = 0, stop; kx < p->kernel_w; kx = stop) {
                            const int inside = kx >= row_begin && kx < row_end;
                            stop = kx < row_begin ? row_begin : inside ? row_end : p->kernel_w;
                            if (inside && !contiguous) {
                                stop = kx + 1;
                            }
                            const int32_t count = (stop - kx) * group_in;
                            if (inside) {
                                const int32_t x = x0 + kx * p->dilation_w;
                                acc = nn_dot_s8(acc, in + (y * p->in_w + x) * p->in_c, w, count);
                            } else {
                                acc += p->in_zero_point * nn_sum_s8(w, count);
                            }
                            w += count;
                        }
                    }
                    *output++ = nn_requantize_s8(acc, multiplier[oc], shift[oc], p->out_zero_point,
                                                 p->out_min, p->out_max);
                }
            }
        }
        input += p->in_h * p->in_w * p->in_c;
    }
}
