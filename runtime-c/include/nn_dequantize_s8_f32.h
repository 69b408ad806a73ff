#ifndef NN_DEQUANTIZE_S8_F32_H
#define NN_DEQUANTIZE_S8_F32_H

#include "nn_common.h"

typedef struct {
    int32_t count;
    float scale;
    int32_t zero_point;
} nn_dequantize_s8_f32_params;

/* ONNX DequantizeLinear: (input - zero_point) * scale. */
void nn_dequantize_s8_f32(const nn_dequantize_s8_f32_params *p, const int8_t *input, float *output);

#endif
