#ifndef NN_ADD_S8_H
#define NN_ADD_S8_H

#include "nn_common.h"

/* shape of the output; strides in elements, 0 along broadcast axes; leading axes are 1. */
typedef struct {
    int32_t shape[6], a_stride[6], b_stride[6];
    int32_t a_zero_point, b_zero_point;
    int32_t a_multiplier, b_multiplier, shift;
    int32_t out_zero_point, out_min, out_max;
} nn_add_s8_params;

/*
 * Add, or Sub with a negative b_multiplier, with broadcasting, in int32 throughout:
 *     sum = (a - a_zero_point) * a_multiplier + (b - b_zero_point) * b_multiplier
 *     clamp(out_zero_point + floor((sum + 2^(shift - 1)) / 2^shift), out_min, out_max)
 * The caller guarantees 255 * (|a_multiplier| + |b_multiplier|) + 2^(shift - 1) < 2^31 and shift >= 1. Output
 * may be a or b where they have its shape.
 */
void nn_add_s8(const nn_add_s8_params *p, const int8_t *a, const int8_t *b, int8_t *output);

#endif
