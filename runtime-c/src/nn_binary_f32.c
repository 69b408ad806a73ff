#include "nn_binary_f32.h"

#include "nn_strided.h"

static float apply(int32_t operation, float a, float b) {
    switch (operation) {
    case NN_BINARY_ADD:
        return a + b;
    case NN_BINARY_SUB:
        return a - b;
    case NN_BINARY_MUL:
        return a * b;
    case NN_BINARY_DIV:
        return a / b;
    case NN_BINARY_MIN:
        return b < a ? b : a;
    default:
        return b > a ? b : a;
    }
}

NN_KERNEL void nn_binary_f32(const nn_binary_f32_params *p, const float *a, const float *b, float *output) {
    const int32_t count = p->shape[5];
    const int32_t a_step = p->a_stride[5];
    const int32_t b_step = p->b_stride[5];
    int32_t index[5] = {0};
    do {
        const float *x = a + nn_row_offset(index, p->a_stride);
        const float *y = b + nn_row_offset(index, p->b_stride);
        for (int32_t i = 0; i < count; i++) {
            *output++ = nn_clamp_f32(apply(p->operation, *x, *y), p->out_min, p->out_max);
            x += a_step;
            y += b_step;
        }
    } while (nn_next_row(p->shape, index));
}
