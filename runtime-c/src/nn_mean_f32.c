#include "nn_mean_f32.h"

NN_KERNEL void nn_mean_f32(const nn_mean_f32_params *p, const float *input, float *output) {
    const float divisor = (float)p->count;
    for (int32_t o = 0; o < p->outer; o++) {
        for (int32_t i = 0; i < p->inner; i++) {
            const float *x = input + i;
            float sum = 0.0f;
            for (int32_t k = 0; k < p->count; k++) {
                sum += *x;
                x += p->inner;
            }
            *output++ = nn_clamp_f32(sum / divisor, p->out_min, p->out_max);
        }
        input += p->count * p->inner;
    }
}
