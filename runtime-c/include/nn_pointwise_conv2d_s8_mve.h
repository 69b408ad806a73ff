#ifndef NN_POINTWISE_CONV2D_S8_MVE_H
#define NN_POINTWISE_CONV2D_S8_MVE_H

#include "nn_common.h"

/* Sizes in elements, steps in pixels. */
typedef struct {
    int32_t batch, in_h, in_w, in_c, out_h, out_w, out_c, stride_h, stride_w;
    int32_t out_zero_point, out_min, out_max;
} nn_pointwise_conv2d_s8_mve_params;

/*
 * nn_conv2d_s8 with a kernel of one pixel, without padding and groups.
 *   input   [batch][in_h][in_w][in_c]
 *   packed  see nn_conv2d_pairs_mve
 *   output  [batch][out_h][out_w][out_c]
 */
void nn_pointwise_conv2d_s8_mve(const nn_pointwise_conv2d_s8_mve_params *p, const int8_t *input,
                                const NN_FLASH int32_t *packed, int8_t *output);

#endif
