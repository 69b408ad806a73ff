#ifndef NN_DEPTHWISE_CONV2D_F32_H
#define NN_DEPTHWISE_CONV2D_F32_H

#include "nn_math.h"

/* Sizes in elements, steps in pixels. out_c = in_c * channel_multiplier. */
typedef struct {
    int32_t batch, in_h, in_w, in_c;
    int32_t out_h, out_w, out_c;
    int32_t kernel_h, kernel_w, stride_h, stride_w, dilation_h, dilation_w;
    int32_t pad_top, pad_left, channel_multiplier;
    float out_min, out_max;
} nn_depthwise_conv2d_f32_params;

/*
 * 2-D depthwise convolution, float32, channels last: output channel c reads input channel c /
 * channel_multiplier. input    [batch][in_h][in_w][in_c] weights  [kernel_h][kernel_w][out_c] bias [out_c]
 *   output   [batch][out_h][out_w][out_c]
 * Sums bias, then the taps inside the input in row-major order; clamps to [out_min, out_max].
 */
void nn_depthwise_conv2d_f32(const nn_depthwise_conv2d_f32_params *p, const float *input,
                             const NN_FLASH float *weights, const NN_FLASH float *bias, float *output);

#endif
