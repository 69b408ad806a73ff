#include "nn_add_s16.h"

#include "nn_s16.h"
#include "nn_strided.h"

NN_KERNEL void nn_add_s16(const nn_add_s16_params *p, const int16_t *a, const int16_t *b, void *output) {
    const int32_t count = p->shape[5];
    int32_t index[5] = {0, 0, 0, 0, 0};
    do {
        const int16_t *x = a + nn_row_offset(index, p->a_stride);
        const int16_t *y = b + nn_row_offset(index, p->b_stride);
        for (int32_t i = 0; i < count; i++) {
            const int64_t sum = (int64_t)*x * p->a_multiplier + (int64_t)*y * p->b_multiplier;
            const int32_t q =
                nn_requantize_s16(sum, 1, (uint8_t)p->shift, p->out_zero_point, p->out_min, p->out_max);
            output = nn_store_s16(output, q, p->out_bytes);
            x += p->a_stride[5];
            y += p->b_stride[5];
        }
    } while (nn_next_row(p->shape, index));
}
