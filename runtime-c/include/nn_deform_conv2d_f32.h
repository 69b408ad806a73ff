#ifndef NN_DEFORM_CONV2D_F32_H
#define NN_DEFORM_CONV2D_F32_H

#include "nn_common.h"

/*
 * Sizes in elements, steps in pixels. groups divides in_c and out_c, offset_groups divides in_c. masked: 0
 * when every tap counts fully, and mask is not read.
 */
typedef struct {
    int32_t batch, in_c, in_h, in_w, out_c, out_h, out_w;
    int32_t kernel_h, kernel_w, stride_h, stride_w, dilation_h, dilation_w;
    int32_t pad_top, pad_left, groups, offset_groups, masked;
} nn_deform_conv2d_f32_params;

/*
 * 2-D convolution, float32, channels first, whose taps are moved: by offset down and right, and multiplied by
 * mask. Between pixels the input is interpolated linearly; zeros surround it.
 *   input    [batch][in_c][in_h][in_w]
 *   weights  [out_c][in_c / groups][kernel_h][kernel_w]
 *   offset   [batch][offset_groups][kernel_h][kernel_w][2][out_h][out_w]
 *   bias     [out_c]
 *   mask     [batch][offset_groups][kernel_h][kernel_w][out_h][out_w]
 *   output   [batch][out_c][out_h][out_w]
 */
void nn_deform_conv2d_f32(const nn_deform_conv2d_f32_params *p, const float *input, const float *weights,
                          const float *offset, const float *bias, const float *mask, float *output);

#endif
