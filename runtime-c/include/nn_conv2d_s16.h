#ifndef NN_CONV2D_S16_H
#define NN_CONV2D_S16_H

#include "nn_common.h"

/* Sizes in elements, steps in pixels. groups divides in_c and out_c. */
typedef struct {
    int32_t batch, in_h, in_w, in_c;
    int32_t out_h, out_w, out_c;
    int32_t kernel_h, kernel_w, stride_h, stride_w, dilation_h, dilation_w;
    int32_t pad_top, pad_left, groups;
    int32_t out_zero_point, out_min, out_max;
    int32_t out_bytes; /* of a result: 1 for int8, 2 for int16 */
    int32_t wide_sums; /* whether a sum may leave int32 */
} nn_conv2d_s16_params;

/*
 * 2-D convolution of int16 values with int8 weights, channels last.
 *   input       [batch][in_h][in_w][in_c], zero point 0
 *   weights     [out_c][kernel_h][kernel_w][in_c / groups], symmetric
 *   bias        [out_c]
 *   multiplier, shift  [out_c], see nn_requantize_s16
 *   output      [batch][out_h][out_w][out_c], int8 or int16
 */
void nn_conv2d_s16(const nn_conv2d_s16_params *p, const int16_t *input, const NN_FLASH int8_t *weights,
                   const NN_FLASH int32_t *bias, const NN_FLASH int32_t *multiplier,
                   const NN_FLASH uint8_t *shift, void *output);

#endif
