#include "nn_where.h"

#include "nn_strided.h"

NN_KERNEL void nn_where(const nn_where_params *p, const uint8_t *condition, const void *a, const void *b,
                        void *output) {
    const int32_t size = p->element_bytes;
    const int32_t count = p->shape[5];
    uint8_t *out = output;
    int32_t index[5] = {0};
    do {
        const uint8_t *c = condition + nn_row_offset(index, p->c_stride);
        const uint8_t *x = (const uint8_t *)a + nn_row_offset(index, p->a_stride) * size;
        const uint8_t *y = (const uint8_t *)b + nn_row_offset(index, p->b_stride) * size;
        for (int32_t i = 0; i < count; i++) {
            nn_copy_element(out, *c != 0 ? x : y, size);
            out += size;
            c += p->c_stride[5];
            x += p->a_stride[5] * size;
            y += p->b_stride[5] * size;
        }
    } while (nn_next_row(p->shape, index));
}
