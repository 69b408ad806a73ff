#ifndef NN_LOG_SOFTMAX_F32_H
#define NN_LOG_SOFTMAX_F32_H

#include "nn_math_log.h"

/* Sizes in elements. */
typedef struct {
    int32_t outer, count, inner;
} nn_log_softmax_f32_params;

/*
 * LogSoftmax over the middle axis, float32: (x - max) - log of the sum of e^(x - max) from first to last.
 *   input, output  [outer][count][inner], may be the same
 */
void nn_log_softmax_f32(const nn_log_softmax_f32_params *p, const float *input, float *output);

#endif
