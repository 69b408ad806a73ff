#include "nn_log_softmax_f32.h"

/* LogSoftmax of the elements at 0, step, 2 * step ... below end. */
static void log_softmax_line(const float *input, float *output, int32_t end, int32_t step) {
    float max = input[0];
    for (int32_t i = step; i < end; i += step) {
        max = input[i] > max ? input[i] : max;
    }
    float sum = 0.0f;
    for (int32_t i = 0; i < end; i += step) {
        sum += nn_expf(input[i] - max);
    }
    const float log = nn_logf(sum);
    for (int32_t i = 0; i < end; i += step) {
        output[i] = (input[i] - max) - log;
    }
}

NN_KERNEL void nn_log_softmax_f32(const nn_log_softmax_f32_params *p, const float *input, float *output) {
    const int32_t block = p->count * p->inner;
    for (int32_t o = 0; o < p->outer; o++) {
        for (int32_t i = 0; i < p->inner; i++) {
            log_softmax_line(input + i, output + i, block - i, p->inner);
        }
        input += block;
        output += block;
    }
}
