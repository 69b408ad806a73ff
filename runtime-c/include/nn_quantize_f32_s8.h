#ifndef NN_QUANTIZE_F32_S8_H
#define NN_QUANTIZE_F32_S8_H

#include "nn_common.h"

typedef struct {
    int32_t count;
    float scale;
    int32_t zero_point;
} nn_quantize_f32_s8_params;

/* ONNX QuantizeLinear: saturate(round half to even(input / scale) + zero_point); NaN gives zero_point. */
void nn_quantize_f32_s8(const nn_quantize_f32_s8_params *p, const float *input, int8_t *output);

#endif
