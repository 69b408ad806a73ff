#ifndef NN_SOFTMAX_F32_H
#define NN_SOFTMAX_F32_H

#include "nn_math.h"

/* Sizes in elements. */
typedef struct {
    int32_t outer, count, inner;
} nn_softmax_f32_params;

/*
 * Softmax over the middle axis, float32: e^(x - max) divided by the sum of these from first to last.
 *   input, output  [outer][count][inner], may be the same
 */
void nn_softmax_f32(const nn_softmax_f32_params *p, const float *input, float *output);

#endif
