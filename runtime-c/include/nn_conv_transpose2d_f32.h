#ifndef NN_CONV_TRANSPOSE2D_F32_H
#define NN_CONV_TRANSPOSE2D_F32_H

#include "nn_math.h"

/* Sizes in elements, steps in output pixels. groups divides in_c and out_c. */
typedef struct {
    int32_t batch, in_h, in_w, in_c;
    int32_t out_h, out_w, out_c;
    int32_t kernel_h, kernel_w, stride_h, stride_w, dilation_h, dilation_w;
    int32_t pad_top, pad_left, groups;
    float out_min, out_max;
} nn_conv_transpose2d_f32_params;

/*
 * 2-D transposed convolution, float32, channels last.
 *   input    [batch][in_h][in_w][in_c]
 *   weights  [out_c][kernel_h][kernel_w][in_c / groups]
 *   bias     [out_c]
 *   output   [batch][out_h][out_w][out_c]
 * Output row oy sums the taps ky of input row y = (oy + pad_top - ky * dilation_h) / stride_h wherever y is
 * an integer in [0, in_h); columns likewise. Sums bias, then taps in the order of the weights; clamps to
 * [out_min, out_max].
 */
void nn_conv_transpose2d_f32(const nn_conv_transpose2d_f32_params *p, const float *input,
                             const NN_FLASH float *weights, const NN_FLASH float *bias, float *output);

#endif
