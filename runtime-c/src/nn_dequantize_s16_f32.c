#include "nn_dequantize_s16_f32.h"

NN_KERNEL void nn_dequantize_s16_f32(const nn_dequantize_s16_f32_params *p, const int16_t *input,
                                     float *output) {
    for (int32_t i = 0; i < p->count; i++) {
        output[i] = (float)input[i] * p->scale;
    }
}
