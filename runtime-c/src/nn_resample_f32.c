#include "nn_resample_f32.h"

NN_KERNEL void nn_resample_f32(const nn_resample_f32_params *p, const float *input,
                               const NN_FLASH uint16_t *starts, const NN_FLASH float *weights,
                               float *output) {
    for (int32_t n = 0; n < p->outer; n++) {
        for (int32_t o = 0; o < p->out_size; o++) {
            const int outside = starts[o] == UINT16_MAX;
            const float *const window = input + (outside ? 0 : starts[o]) * p->inner;
            const NN_FLASH float *const weight = weights + o * p->taps;
            for (int32_t i = 0; i < p->inner; i++) {
                float acc = 0.0f;
                for (int32_t k = 0; k < p->taps; k++) {
                    acc += window[k * p->inner + i] * weight[k];
                }
                *output++ = outside ? p->outside : acc;
            }
        }
        input += p->in_size * p->inner;
    }
}
