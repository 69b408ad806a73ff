#ifndef NN_MATMUL_F32_H
#define NN_MATMUL_F32_H

#include "nn_math.h"

/* Sizes and strides in elements; batch stride 0 repeats a matrix, leading batch dimensions are 1. */
typedef struct {
    int32_t batch_shape[4], a_batch_stride[4], b_batch_stride[4];
    int32_t rows, inner, cols;
    float out_min, out_max;
} nn_matmul_f32_params;

/*
 * Matrix products of two activations, float32: sums from the first inner index to the last, clamped.
 *   a       matrices [rows][inner]
 *   b       matrices [inner][cols]
 *   output  [batch_shape...][rows][cols]
 */
void nn_matmul_f32(const nn_matmul_f32_params *p, const float *a, const float *b, float *output);

#endif
