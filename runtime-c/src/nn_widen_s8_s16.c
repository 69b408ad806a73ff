#include "nn_widen_s8_s16.h"

NN_KERNEL void nn_widen_s8_s16(const nn_widen_s8_s16_params *p, const int8_t *input, int16_t *output) {
    for (int32_t i = 0; i < p->count; i++) {
        output[i] = (int16_t)(input[i] - p->zero_point);
    }
}
