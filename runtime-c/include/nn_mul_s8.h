#ifndef NN_MUL_S8_H
#define NN_MUL_S8_H

#include "nn_common.h"

/* shape of the output; strides in elements, 0 along broadcast axes; leading axes are 1. */
typedef struct {
    int32_t shape[6], a_stride[6], b_stride[6];
    int32_t a_zero_point, b_zero_point;
    int32_t multiplier, shift;
    int32_t out_zero_point, out_min, out_max;
} nn_mul_s8_params;

/*
 * Mul with broadcasting: nn_requantize_s8((a - a_zero_point) * (b - b_zero_point)).
 * Output may be a or b where they have its shape.
 */
void nn_mul_s8(const nn_mul_s8_params *p, const int8_t *a, const int8_t *b, int8_t *output);

#endif
