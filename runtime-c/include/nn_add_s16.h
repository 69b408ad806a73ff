#ifndef NN_ADD_S16_H
#define NN_ADD_S16_H

#include "nn_common.h"

/* shape of the output; strides in elements, 0 along broadcast axes; leading axes are 1. */
typedef struct {
    int32_t shape[6], a_stride[6], b_stride[6];
    int32_t a_multiplier, b_multiplier, shift;
    int32_t out_zero_point, out_min, out_max;
    int32_t out_bytes; /* of a result: 1 for int8, 2 for int16 */
} nn_add_s16_params;

/*
 * Add, or Sub with a negative b_multiplier, of int16 values with zero point 0, with broadcasting, in int64:
 *     clamp(out_zero_point + floor((a * a_multiplier + b * b_multiplier + 2^(shift - 1)) / 2^shift), out_min,
 * out_max) shift >= 1. The output, int8 or int16, may be a or b where they have its shape and its type.
 */
void nn_add_s16(const nn_add_s16_params *p, const int16_t *a, const int16_t *b, void *output);

#endif
