#include "nn_sum_rows_s8.h"

NN_KERNEL void nn_sum_rows_s8(const nn_sum_rows_s8_params *p, const int8_t *input, int32_t *output) {
    const int32_t pixels = p->rows * p->count;
    for (int32_t inner = 0; inner < p->inner; inner++) {
        const int8_t *x = input + inner;
        int32_t acc = (p->made > 0 ? output[inner] : 0) - pixels * p->in_zero_point;
        for (int32_t i = 0; i < pixels; i++) {
            acc += *x;
            x += p->inner;
        }
        output[inner] = acc;
    }
}
