#ifndef NN_NORMALIZE_S8_H
#define NN_NORMALIZE_S8_H

#include "nn_common.h"

/*
 * shape and stride: the axes of the places of a window; window and window_stride: the axes that it spans.
 * Strides in elements; leading dimensions are 1. count: elements in a window, at most 2^20.
 * numerator * 2^31 / 2^shift = 1 / out_scale.
 * epsilon: count^2 * epsilon / in_scale^2, a whole number below 2^61.
 */
typedef struct {
    int32_t shape[6], stride[6], window[6], window_stride[6];
    int32_t count, centre, in_zero_point, out_zero_point, numerator, shift;
    float epsilon;
} nn_normalize_s8_params;

/*
 * Over each window, with x' = x - in_zero_point, S = sum(x') (0 where centre is 0), n = count:
 *     (n * x' - S) / (out_scale * sqrt(n * sum(x'^2) - S^2 + epsilon)),
 * requantised with a multiplier that an integer square root gives. input and output have the same layout.
 */
void nn_normalize_s8(const nn_normalize_s8_params *p, const int8_t *input, int8_t *output);

#endif
