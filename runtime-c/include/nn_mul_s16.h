#ifndef NN_MUL_S16_H
#define NN_MUL_S16_H

#include "nn_common.h"

/* shape of the output; strides in elements, 0 along broadcast axes; leading axes are 1. */
typedef struct {
    int32_t shape[6], a_stride[6], b_stride[6];
    int32_t multiplier, shift;
    int32_t out_zero_point, out_min, out_max;
    int32_t out_bytes; /* of a result: 1 for int8, 2 for int16 */
} nn_mul_s16_params;

/*
 * Mul of int16 values with zero point 0, with broadcasting: nn_requantize_s16(a * b).
 * The output, int8 or int16, may be a or b where they have its shape and its type.
 */
void nn_mul_s16(const nn_mul_s16_params *p, const int16_t *a, const int16_t *b, void *output);

#endif
