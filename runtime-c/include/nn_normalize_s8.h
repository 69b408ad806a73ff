#ifndef NN_NORMALIZE_S8_H
#define NN_NORMALIZE_S8_H

#include "nn_common.h"

/*
 * shape and stride: the axes of the places of a window; window and window_stride: the axes that it spans.
 * scale_stride and window_scale_stride: steps on the same axes in the tables scale and bias.
 * Strides in elements; leading dimensions are 1. count: elements in a window, at most 2^20.
 * shift in [20, 50]. epsilon: count^2 * epsilon / in_scale^2, a whole number below 2^61.
 */
typedef struct {
    int32_t shape[6], stride[6], window[6], window_stride[6], scale_stride[6], window_scale_stride[6];
    int32_t count, centre, in_zero_point, out_zero_point, shift;
    float epsilon;
} nn_normalize_s8_params;

/*
 * Over each window, with x' = x - in_zero_point, S = sum(x') (0 where centre is 0), n = count:
 *     y = (n * x' - S) / sqrt(n * sum(x'^2) - S^2 + epsilon), in units of 2^-20, rounded half up,
 * with a square root that is a whole number of 32 bits. The result is
 *     y * scale / 2^shift + bias / 2^20 + out_zero_point,
 * rounded half up and clamped; |scale| <= 2^30, |bias| < 2^31. input and output have the same layout.
 */
void nn_normalize_s8(const nn_normalize_s8_params *p, const int8_t *input, const NN_FLASH int32_t *scale,
                     const NN_FLASH int32_t *bias, int8_t *output);

#endif
