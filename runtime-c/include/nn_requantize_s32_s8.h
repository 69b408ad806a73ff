#ifndef NN_REQUANTIZE_S32_S8_H
#define NN_REQUANTIZE_S32_S8_H

#include "nn_common.h"

typedef struct {
    int32_t count;
    int32_t out_zero_point, out_min, out_max;
    int32_t multiplier, shift; /* see nn_requantize_s8 */
} nn_requantize_s32_s8_params;

/* Accumulators of one scale [count] -> int8 [count]. */
void nn_requantize_s32_s8(const nn_requantize_s32_s8_params *p, const int32_t *input, int8_t *output);

#endif
