#include "nn_softmax_f32.h"

/* Softmax of the elements at 0, step, 2 * step ... below end. */
static void softmax_line(const float *input, float *output, int32_t end, int32_t step) {
    float max = input[0];
    for (int32_t i = step; i < end; i += step) {
        max = input[i] > max ? input[i] : max;
    }
    float sum = 0.0f;
    for (int32_t i = 0; i < end; i += step) {
        output[i] = nn_expf(input[i] - max);
        sum += output[i];
    }
    for (int32_t i = 0; i < end; i += step) {
        output[i] /= sum;
    }
}

NN_KERNEL void nn_softmax_f32(const nn_softmax_f32_params *p, const float *input, float *output) {
    const int32_t block = p->count * p->inner;
    for (int32_t o = 0; o < p->outer; o++) {
        for (int32_t i = 0; i < p->inner; i++) {
            softmax_line(input + i, output + i, block - i, p->inner);
        }
        input += block;
        output += block;
    }
}
