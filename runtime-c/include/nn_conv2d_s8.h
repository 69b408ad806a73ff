#ifndef NN_CONV2D_S8_H
#define NN_CONV2D_S8_H

#include "nn_common.h"

/* Sizes in elements, steps in pixels. groups divides in_c and out_c. */
typedef struct {
    int32_t batch, in_h, in_w, in_c;
    int32_t out_h, out_w, out_c;
    int32_t kernel_h, kernel_w, stride_h, stride_w, dilation_h, dilation_w;
    int32_t pad_top, pad_left, groups;
    int32_t in_zero_point, out_zero_point, out_min, out_max;
} nn_conv2d_s8_params;

/*
 * 2-D convolution, int8, channels last.
 *   input       [batch][in_h][in_w][in_c]
 *   weights     [out_c][kernel_h][kernel_w][in_c / groups], symmetric
 *   bias        [out_c], input zero point folded in: bias - in_zero_point * sum(weights of the channel)
 *   multiplier, shift  [out_c], see nn_requantize_s8
 *   output      [batch][out_h][out_w][out_c]
 * Padded taps count as in_zero_point (real zero). The caller guarantees that no partial sum leaves int32.
 */
void nn_conv2d_s8(const nn_conv2d_s8_params *p, const int8_t *input, const NN_FLASH int8_t *weights,
                  const NN_FLASH int32_t *bias, const NN_FLASH int32_t *multiplier,
                  const NN_FLASH uint8_t *shift, int8_t *output);

#endif
