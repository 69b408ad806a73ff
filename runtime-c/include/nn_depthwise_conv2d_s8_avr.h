#ifndef NN_DEPTHWISE_CONV2D_S8_AVR_H
#define NN_DEPTHWISE_CONV2D_S8_AVR_H

#include "nn_common.h"

/* As for nn_depthwise_conv2d_s8; 2^15 > every row of the input, times the dilation of rows, in bytes. */
typedef struct {
    int32_t batch, in_h, in_w, in_c;
    int32_t out_h, out_w, out_c;
    int32_t kernel_h, kernel_w, stride_h, stride_w, dilation_h, dilation_w;
    int32_t pad_top, pad_left, channel_multiplier;
    int32_t in_zero_point, out_zero_point, out_min, out_max;
} nn_depthwise_conv2d_s8_avr_params;

/*
 * nn_depthwise_conv2d_s8; shifts are 33 and more.
 *   weights  [out_c][kernel_h][kernel_w]
 *   bias, multiplier, shift  as for nn_depthwise_conv2d_s8
 */
void nn_depthwise_conv2d_s8_avr(const nn_depthwise_conv2d_s8_avr_params *p, const int8_t *input,
                                const NN_FLASH int8_t *weights, const NN_FLASH int32_t *bias,
                                const NN_FLASH int32_t *multiplier, const NN_FLASH uint8_t *shift,
                                int8_t *output);

#endif
