#ifndef NN_MEAN_S8_H
#define NN_MEAN_S8_H

#include "nn_common.h"

typedef struct {
    int32_t outer, count, inner;
    int32_t in_zero_point, out_zero_point, out_min, out_max;
    int32_t multiplier, shift; /* in_scale / (out_scale * count), see nn_requantize_s8 */
} nn_mean_s8_params;

/* Mean over the middle axis: input [outer][count][inner] -> output [outer][inner]. */
void nn_mean_s8(const nn_mean_s8_params *p, const int8_t *input, int8_t *output);

#endif
