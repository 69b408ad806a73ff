#include "nn_resample_s8.h"

NN_KERNEL void nn_resample_s8(const nn_resample_s8_params *p, const int8_t *input,
                              const NN_FLASH uint16_t *starts, const NN_FLASH int16_t *weights,
                              int8_t *output) {
    for (int32_t n = 0; n < p->outer; n++) {
        for (int32_t o = 0; o < p->out_size; o++) {
            const int outside = starts[o] == UINT16_MAX;
            const int8_t *const window = input + (outside ? 0 : starts[o]) * p->inner;
            const NN_FLASH int16_t *const weight = weights + o * p->taps;
            for (int32_t i = 0; i < p->inner; i++) {
                int32_t acc = 1 << 13;
                for (int32_t k = 0; k < p->taps; k++) {
                    acc += window[k * p->inner + i] * weight[k];
                }
                acc = outside ? p->outside : acc >> 14;
                *output++ = (int8_t)(acc < -128 ? -128 : acc > 127 ? 127 : acc);
            }
        }
        input += p->in_size * p->inner;
    }
}
