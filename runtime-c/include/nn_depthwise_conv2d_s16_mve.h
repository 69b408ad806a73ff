#ifndef NN_DEPTHWISE_CONV2D_S16_MVE_H
#define NN_DEPTHWISE_CONV2D_S16_MVE_H

#include "nn_depthwise_conv2d_s16.h"

typedef nn_depthwise_conv2d_s16_params nn_depthwise_conv2d_s16_mve_params;

/*
 * nn_depthwise_conv2d_s16 without a channel multiplier, for cores with MVE: four channels at a time.
 *   weights  [kernel_h][kernel_w][out_c]
 *   tables   per four channels: biases, multipliers and negative shifts, see nn_scale_features
 */
void nn_depthwise_conv2d_s16_mve(const nn_depthwise_conv2d_s16_mve_params *p, const int16_t *input,
                                 const NN_FLASH int8_t *weights, const NN_FLASH int32_t *tables,
                                 void *output);

#endif
