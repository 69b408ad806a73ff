#include "nn_matmul_s8.h"

static int8_t *product(const nn_matmul_s8_params *p, const int8_t *a, const int8_t *b, int8_t *output) {
    for (int32_t row = 0; row < p->rows; row++) {
        for (int32_t col = 0; col < p->cols; col++) {
            const int8_t *y = b + col;
            int32_t acc = 0;
            for (int32_t i = 0; i < p->inner; i++) {
                acc += (a[i] - p->a_zero_point) * (*y - p->b_zero_point);
                y += p->cols;
            }
            *output++ = nn_requantize_s8(acc, p->multiplier, (uint8_t)p->shift, p->out_zero_point, p->out_min,
                                         p->out_max);
        }
        a += p->inner;
    }
    return output;
}

NN_KERNEL void nn_matmul_s8(const nn_matmul_s8_params *p, const int8_t *a, const int8_t *b, int8_t *output) {
    const int32_t *const shape = p->batch_shape;
    for (int32_t i = 0; i < shape[0]; i++) {
        for (int32_t j = 0; j < shape[1]; j++) {
            for (int32_t k = 0; k < shape[2]; k++) {
                for (int32_t l = 0; l < shape[3]; l++) {
                    const int32_t *const sa = p->a_batch_stride;
                    const int32_t *const sb = p->b_batch_stride;
                    output = product(p, a + i * sa[0] + j * sa[1] + k * sa[2] + l * sa[3],
                                     b + i * sb[0] + j * sb[1] + k * sb[2] + l * sb[3], output);
                }
            }
        }
    }
}
