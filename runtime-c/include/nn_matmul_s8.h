#ifndef NN_MATMUL_S8_H
#define NN_MATMUL_S8_H

#include "nn_common.h"

/* Batch strides in elements, 0 along broadcast axes; leading batch axes are 1. */
typedef struct {
    int32_t batch_shape[4], a_batch_stride[4], b_batch_stride[4];
    int32_t rows, inner, cols;
    int32_t a_zero_point, b_zero_point, multiplier, shift;
    int32_t out_zero_point, out_min, out_max;
} nn_matmul_s8_params;

/*
 * Product of two activations: a [..][rows][inner] * b [..][inner][cols] -> output [batch_shape][rows][cols];
 * nn_requantize_s8(sum((a - a_zero_point) * (b - b_zero_point))).
 */
void nn_matmul_s8(const nn_matmul_s8_params *p, const int8_t *a, const int8_t *b, int8_t *output);

#endif
