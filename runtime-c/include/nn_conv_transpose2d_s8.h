#ifndef NN_CONV_TRANSPOSE2D_S8_H
#define NN_CONV_TRANSPOSE2D_S8_H

#include "nn_common.h"

/* Sizes in elements, steps in pixels. groups divides in_c and out_c. */
typedef struct {
    int32_t batch, in_h, in_w, in_c;
    int32_t out_h, out_w, out_c;
    int32_t kernel_h, kernel_w, stride_h, stride_w, dilation_h, dilation_w;
    int32_t pad_top, pad_left, groups;
    int32_t in_zero_point, out_zero_point, out_min, out_max;
} nn_conv_transpose2d_s8_params;

/*
 * 2-D transposed convolution (ONNX ConvTranspose), int8, channels last. Each output pixel is gathered at
 * once: tap (ky, kx) reads input row (oy + pad_top - ky * dilation_h) / stride_h where that is a whole number
 * inside the input, and the column likewise.
 *   input       [batch][in_h][in_w][in_c]
 *   weights     [out_c][kernel_h][kernel_w][in_c / groups], symmetric
 *   bias        [out_c], input zero point folded in over all taps, as for nn_conv2d_s8
 *   multiplier, shift  [out_c], see nn_requantize_s8
 *   output      [batch][out_h][out_w][out_c]
 * A tap that reads nothing counts as in_zero_point. The caller guarantees that no partial sum leaves int32.
 */
void nn_conv_transpose2d_s8(const nn_conv_transpose2d_s8_params *p, const int8_t *input,
                            const NN_FLASH int8_t *weights, const NN_FLASH int32_t *bias,
                            const NN_FLASH int32_t *multiplier, const NN_FLASH uint8_t *shift,
                            int8_t *output);

#endif
