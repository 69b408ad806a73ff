#include "nn_add_s8.h"

#include "nn_strided.h"

NN_KERNEL void nn_add_s8(const nn_add_s8_params *p, const int8_t *a, const int8_t *b, int8_t *output) {
    const int32_t rounding = (int32_t)1 << (p->shift - 1);
    const int32_t count = p->shape[5];
    int32_t index[5] = {0, 0, 0, 0, 0};
    do {
        const int8_t *x = a + nn_row_offset(index, p->a_stride);
        const int8_t *y = b + nn_row_offset(index, p->b_stride);
        for (int32_t i = 0; i < count; i++) {
            const int32_t sum =
                (*x - p->a_zero_point) * p->a_multiplier + (*y - p->b_zero_point) * p->b_multiplier;
            const int32_t q = p->out_zero_point + ((sum + rounding) >> p->shift);
            *output++ = (int8_t)(q < p->out_min ? p->out_min : q > p->out_max ? p->out_max : q);
            x += p->a_stride[5];
            y += p->b_stride[5];
        }
    } while (nn_next_row(p->shape, index));
}
