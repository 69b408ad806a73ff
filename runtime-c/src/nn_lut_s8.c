#include "nn_lut_s8.h"

NN_KERNEL void nn_lut_s8(const nn_lut_s8_params *p, const int8_t *input, const NN_FLASH int8_t *table,
                         int8_t *output) {
    for (int32_t i = 0; i < p->count; i++) {
        output[i] = table[input[i] + 128];
    }
}
