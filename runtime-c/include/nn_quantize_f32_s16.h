#ifndef NN_QUANTIZE_F32_S16_H
#define NN_QUANTIZE_F32_S16_H

#include "nn_common.h"

typedef struct {
    int32_t count;
    float scale;
} nn_quantize_f32_s16_params;

/* ONNX QuantizeLinear with zero point 0: saturate(round half to even(input / scale)); NaN gives 0. */
void nn_quantize_f32_s16(const nn_quantize_f32_s16_params *p, const float *input, int16_t *output);

#endif
