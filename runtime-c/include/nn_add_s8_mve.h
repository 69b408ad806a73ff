#ifndef NN_ADD_S8_MVE_H
#define NN_ADD_S8_MVE_H

#include "nn_common.h"

/* As for nn_add_s8; strides along the last axis are 0 or 1. */
typedef struct {
    int32_t shape[6], a_stride[6], b_stride[6];
    int32_t a_multiplier, b_multiplier, addend, shift;
    int32_t out_zero_point, out_min, out_max;
} nn_add_s8_mve_params;

/*
 * nn_add_s8: clamp(out_zero_point + round((a * a_multiplier + b * b_multiplier + addend) / 2^shift)), sums in
 * int32.
 */
void nn_add_s8_mve(const nn_add_s8_mve_params *p, const int8_t *a, const int8_t *b, int8_t *output);

#endif
