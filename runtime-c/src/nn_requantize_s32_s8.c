#include "nn_requantize_s32_s8.h"

NN_KERNEL void nn_requantize_s32_s8(const nn_requantize_s32_s8_params *p, const int32_t *input,
                                    int8_t *output) {
    for (int32_t i = 0; i < p->count; i++) {
        output[i] = nn_requantize_s8(input[i], p->multiplier, (uint8_t)p->shift, p->out_zero_point,
                                     p->out_min, p->out_max);
    }
}
