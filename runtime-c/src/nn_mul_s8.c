#include "nn_mul_s8.h"

#include "nn_strided.h"

NN_KERNEL void nn_mul_s8(const nn_mul_s8_params *p, const int8_t *a, const int8_t *b, int8_t *output) {
    const int32_t count = p->shape[5];
    int32_t index[5] = {0, 0, 0, 0, 0};
    do {
        const int8_t *x = a + nn_row_offset(index, p->a_stride);
        const int8_t *y = b + nn_row_offset(index, p->b_stride);
        for (int32_t i = 0; i < count; i++) {
            const int32_t product = (*x - p->a_zero_point) * (*y - p->b_zero_point);
            *output++ = nn_requantize_s8(product, p->multiplier, (uint8_t)p->shift, p->out_zero_point,
                                         p->out_min, p->out_max);
            x += p->a_stride[5];
            y += p->b_stride[5];
        }
    } while (nn_next_row(p->shape, index));
}
