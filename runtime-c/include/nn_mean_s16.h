#ifndef NN_MEAN_S16_H
#define NN_MEAN_S16_H

#include "nn_common.h"

typedef struct {
    int32_t outer, count, inner; /* count at most 65,535 */
    int32_t out_zero_point, out_min, out_max;
    int32_t multiplier, shift; /* in_scale / (out_scale * count), see nn_requantize_s16 */
    int32_t out_bytes;         /* of a result: 1 for int8, 2 for int16 */
} nn_mean_s16_params;

/* Mean over the middle axis of int16 values with zero point 0: input [outer][count][inner] -> output
 * [outer][inner]. */
void nn_mean_s16(const nn_mean_s16_params *p, const int16_t *input, void *output);

#endif
