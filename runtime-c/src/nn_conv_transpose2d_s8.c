#include "nn_conv_transpose2d_s8.h"

/* The input position that a tap reads, or -1. */
static int32_t source(int32_t position, int32_t stride, int32_t size) {
    if (position < 0 || position % stride != 0) {
        return -1;
    }
    return position / stride < size ? position / stride : -1;
}

NN_KERNEL void nn_conv_transpose2d_s8(const nn_conv_transpose2d_s8_params *p, const int8_t *input,
                                      const NN_FLASH int8_t *weights, const NN_FLASH int32_t *bias,
                                      const NN_FLASH int32_t *multiplier, const NN_FLASH uint8_t *shift,
                                      int8_t *output) {
    const int32_t group_in = p->in_c / p->groups;
    const int32_t group_out = p->out_c / p->groups;
    for (int32_t n = 0; n < p->batch; n++) {
        for (int32_t oy = 0; oy < p->out_h; oy++) {
            for (int32_t ox = 0; ox < p->out_w; ox++) {
                const NN_FLASH int8_t *w = weights;
                for (int32_t oc = 0; oc < p->out_c; oc++) {
                    const int8_t *const in = input + (oc / group_out) * group_in;
                    int32_t acc = bias[oc];
                    for (int32_t ky = 0; ky < p->kernel_h; ky++) {
                        const int32_t y = source(oy + p->pad_top - ky * p->dilation_h, p->stride_h, p->in_h);
                        for (int32_t kx = 0; kx < p->kernel_w; kx++) {
                            const int32_t x =
                                source(ox + p->pad_left - kx * p->dilation_w, p->stride_w, p->in_w);
                            if (y >= 0 && x >= 0) {
                                acc = nn_dot_s8(acc, in + (y * p->in_w + x) * p->in_c, w, group_in);
                            } else {
                                acc += p->in_zero_point * nn_sum_s8(w, group_in);
                            }
                            w += group_in;
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
