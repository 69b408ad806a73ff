#ifndef NN_AVERAGE_POOL2D_F32_H
#define NN_AVERAGE_POOL2D_F32_H

#include "nn_math.h"

/* Sizes in elements, steps in pixels; count_include_pad is 0 or 1. */
typedef struct {
    int32_t batch, in_h, in_w, channels;
    int32_t out_h, out_w;
    int32_t kernel_h, kernel_w, stride_h, stride_w, dilation_h, dilation_w;
    int32_t pad_top, pad_left, pad_bottom, pad_right, count_include_pad;
    float out_min, out_max;
} nn_average_pool2d_f32_params;

/*
 * 2-D average pooling, float32, channels last: the sum of the taps inside the input, in row-major order,
 * divided by how many taps lie inside the input (count_include_pad 0) or inside the padded input (1), clamped
 * to [out_min, out_max]. Taps beyond the padding, which ONNX's ceil_mode brings about, never count; the mean
 * of no taps is 0. input   [batch][in_h][in_w][channels] output  [batch][out_h][out_w][channels]
 */
void nn_average_pool2d_f32(const nn_average_pool2d_f32_params *p, const float *input, float *output);

#endif
