#ifndef NN_MEAN_F32_H
#define NN_MEAN_F32_H

#include "nn_math.h"

/* Sizes in elements. */
typedef struct {
    int32_t outer, count, inner;
    float out_min, out_max;
} nn_mean_f32_params;

/*
 * Mean over the middle axis, float32: the sum from first to last divided by count, clamped to [out_min,
 * out_max]. input   [outer][count][inner] output  [outer][inner]
 */
void nn_mean_f32(const nn_mean_f32_params *p, const float *input, float *output);

#endif
