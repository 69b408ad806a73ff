#ifndef NN_CONV3D_F32_H
#define NN_CONV3D_F32_H

#include "nn_math.h"

/*
 * Sizes in elements. step: distance between neighbouring input elements in the grid that the kernel moves
 * over, zeros lying between them: 1 for a convolution, its stride for a transposed one. groups divides in_c
 * and out_c.
 */
typedef struct {
    int32_t batch, in_c, out_c, groups;
    int32_t in_d, in_h, in_w, out_d, out_h, out_w;
    int32_t kernel_d, kernel_h, kernel_w, stride_d, stride_h, stride_w;
    int32_t dilation_d, dilation_h, dilation_w, pad_front, pad_top, pad_left;
    int32_t step_d, step_h, step_w;
    float out_min, out_max;
} nn_conv3d_f32_params;

/*
 * 3-D convolution, float32, channels first.
 *   input    [batch][in_c][in_d][in_h][in_w]
 *   weights  [out_c][in_c / groups][kernel_d][kernel_h][kernel_w]
 *   bias     [out_c]
 *   output   [batch][out_c][out_d][out_h][out_w]
 * Sums bias, then the taps on input elements in the order of the weights; clamps to [out_min, out_max].
 */
void nn_conv3d_f32(const nn_conv3d_f32_params *p, const float *input, const NN_FLASH float *weights,
                   const NN_FLASH float *bias, float *output);

#endif
