#ifndef NN_DEQUANTIZE_S16_F32_H
#define NN_DEQUANTIZE_S16_F32_H

#include "nn_common.h"

typedef struct {
    int32_t count;
    float scale;
} nn_dequantize_s16_f32_params;

/* ONNX DequantizeLinear with zero point 0: input * scale. */
void nn_dequantize_s16_f32(const nn_dequantize_s16_f32_params *p, const int16_t *input, float *output);

#endif
