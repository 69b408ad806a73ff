#ifndef NN_DEPTHWISE_CONV2D_S8_H
#define NN_DEPTHWISE_CONV2D_S8_H

#include "nn_common.h"

/* Sizes in elements, steps in pixels. out_c = in_c * channel_multiplier. */
typedef struct {
    int32_t batch, in_h, in_w, in_c;
    int32_t out_h, out_w, out_c;
    int32_t kernel_h, kernel_w, stride_h, stride_w, dilation_h, dilation_w;
    int32_t pad_top, pad_left, channel_multiplier;
    int32_t in_zero_point, out_zero_point, out_min, out_max;
} nn_depthwise_conv2d_s8_params;

/*
 * 2-D depthwise convolution, int8, channels last: output channel c reads input channel
 * c / channel_multiplier.
 *   input       [batch][in_h][in_w][in_c]
 *   weights     [kernel_h][kernel_w][out_c], symmetric
 *   bias        [out_c], input zero point folded in as for nn_conv2d_s8
 *   multiplier, shift  [out_c], see nn_requantize_s8
 *   output      [batch][out_h][out_w][out_c]
 * Padded taps count as in_zero_point (real zero). The caller guarantees that no partial sum leaves int32.
 */
void nn_depthwise_conv2d_s8(const nn_depthwise_conv2d_s8_params *p, const int8_t *input,
                            const NN_FLASH int8_t *weights, const NN_FLASH int32_t *bias,
                            const NN_FLASH int32_t *multiplier, const NN_FLASH uint8_t *shift,
                            int8_t *output);

#endif
