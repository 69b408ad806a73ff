#include "nn_matmul_f32.h"

static float *multiply(const nn_matmul_f32_params *p, const float *a, const float *b, float *output) {
    for (int32_t row = 0; row < p->rows; row++) {
        for (int32_t col = 0; col < p->cols; col++) {
            const float *column = b + col;
            float acc = 0.0f;
            for (int32_t k = 0; k < p->inner; k++) {
                acc += a[k] * *column;
                column += p->cols;
            }
            *output++ = nn_clamp_f32(acc, p->out_min, p->out_max);
        }
        a += p->inner;
    }
    return output;
}

NN_KERNEL void nn_matmul_f32(const nn_matmul_f32_params *p, const float *a, const float *b, float *output) {
    const int32_t *shape = p->batch_shape;
    const int32_t batches = shape[0] * shape[1] * shape[2] * shape[3];
    for (int32_t batch = 0; batch < batches; batch++) {
        int32_t rest = batch;
        int32_t a_offset = 0;
        int32_t b_offset = 0;
        for (int axis = 3; axis >= 0; axis--) {
            const int32_t index = rest % shape[axis];
            rest /= shape[axis];
            a_offset += index * p->a_batch_stride[axis];
            b_offset += index * p->b_batch_stride[axis];
        }
        output = multiply(p, a + a_offset, b + b_offset, output);
    }
}
