#include "nn_pointwise_conv2d_s8_mve.h"

#include "nn_conv2d_pairs_mve.h"

/* `count` output pixels in a row, their inputs `step` bytes apart. */
static void convolve_row(const nn_pointwise_conv2d_s8_mve_params *p, const int8_t *input, int32_t step,
                         int32_t count, const NN_FLASH int32_t *packed, int8_t *output) {
    const int32_t full = (p->in_c - 1) / 16;
    const int32_t head = p->in_c - 16 * full;
    const int32_t pairs = count / 2;
    if (pairs > 0) {
        nn_conv2d_pairs_mve(input, input + step, packed, output, p->out_c, pairs, 2 * step, head, full,
                            p->out_c, p->out_zero_point, p->out_min, p->out_max);
    }
    if (count % 2 != 0) {
        input += (count - 1) * step;
        output += (count - 1) * p->out_c;
        nn_conv2d_pairs_mve(input, input, packed, output, p->out_c, 1, 0, head, full, 0, p->out_zero_point,
                            p->out_min, p->out_max);
    }
}

NN_KERNEL void nn_pointwise_conv2d_s8_mve(const nn_pointwise_conv2d_s8_mve_params *p, const int8_t *input,
                                          const NN_FLASH int32_t *packed, int8_t *output) {
    if (p->stride_h == 1 && p->stride_w == 1) {
        convolve_row(p, input, p->in_c, p->batch * p->out_h * p->out_w, packed, output);
        return;
    }
    for (int32_t n = 0; n < p->batch; n++) {
        for (int32_t oy = 0; oy < p->out_h; oy++) {
            const int8_t *row = input + (n * p->in_h + oy * p->stride_h) * p->in_w * p->in_c;
            convolve_row(p, row, p->stride_w * p->in_c, p->out_w, packed, output);
            output += p->out_w * p->out_c;
        }
    }
}
