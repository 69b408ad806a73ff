#ifndef NN_CONV2D_S8_MVE_H
#define NN_CONV2D_S8_MVE_H

#include "nn_common.h"

/* Sizes in elements, steps in pixels; windows: how many are copied at a time. */
typedef struct {
    int32_t batch, in_h, in_w, in_c, out_h, out_w, out_c;
    int32_t kernel_h, kernel_w, stride_h, stride_w, dilation_h, dilation_w, pad_top, pad_left;
    int32_t in_zero_point, out_zero_point, out_min, out_max, windows;
} nn_conv2d_s8_mve_params;

/*
 * nn_conv2d_s8 without groups.
 *   input    [batch][in_h][in_w][in_c]
 *   packed   see nn_conv2d_pairs_mve; a window is [kernel_h][kernel_w][in_c]
 *   scratch  windows * kernel_h * kernel_w * in_c bytes
 *   output   [batch][out_h][out_w][out_c]
 */
void nn_conv2d_s8_mve(const nn_conv2d_s8_mve_params *p, const int8_t *input, const NN_FLASH int32_t *packed,
                      void *scratch, int8_t *output);

#endif
