#ifndef NN_NORMALIZE_F32_H
#define NN_NORMALIZE_F32_H

#include "nn_math_exact.h"

/*
 * shape and stride: the axes of the places of a window; window and window_stride: the axes that it spans.
 * scale_stride and window_scale_stride: steps on the same axes in the tables scale and bias.
 * Strides in elements; leading dimensions are 1. count: elements in a window.
 */
typedef struct {
    int32_t shape[6], stride[6], window[6], window_stride[6], scale_stride[6], window_scale_stride[6];
    int32_t count, centre;
    float epsilon;
} nn_normalize_f32_params;

/*
 * (x - mean) / sqrt(mean of (x - mean)^2 + epsilon) * scale + bias over each window, float32, sums from the
 * first element to the last; mean is 0 where centre is 0. input and output have the same layout.
 */
void nn_normalize_f32(const nn_normalize_f32_params *p, const float *input, const NN_FLASH float *scale,
                      const NN_FLASH float *bias, float *output);

#endif
