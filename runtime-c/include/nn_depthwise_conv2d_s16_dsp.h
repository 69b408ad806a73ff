#ifndef NN_DEPTHWISE_CONV2D_S16_DSP_H
#define NN_DEPTHWISE_CONV2D_S16_DSP_H

#include "nn_depthwise_conv2d_s16.h"

typedef nn_depthwise_conv2d_s16_params nn_depthwise_conv2d_s16_dsp_params;

/*
 * nn_depthwise_conv2d_s16 of an even number of channels without a multiplier, for cores with the DSP
 * extension. weights  [kernel_h][kernel_w][in_c / 2]: those of two channels as int16
 */
void nn_depthwise_conv2d_s16_dsp(const nn_depthwise_conv2d_s16_dsp_params *p, const int16_t *input,
                                 const NN_FLASH int32_t *weights, const NN_FLASH int32_t *bias,
                                 const NN_FLASH int32_t *multiplier, const NN_FLASH uint8_t *shift,
                                 void *output);

#endif
