#ifndef NN_CONV3D_S8_H
#define NN_CONV3D_S8_H

#include "nn_common.h"

/*
 * Sizes in elements. step: distance between neighbouring input elements in the grid that the kernel moves
 * over, real zeros lying between them: 1 for a convolution, its stride for a transposed one. groups divides
 * in_c and out_c.
 */
typedef struct {
    int32_t batch, in_c, out_c, groups;
    int32_t in_d, in_h, in_w, out_d, out_h, out_w;
    int32_t kernel_d, kernel_h, kernel_w, stride_d, stride_h, stride_w;
    int32_t dilation_d, dilation_h, dilation_w, pad_front, pad_top, pad_left;
    int32_t step_d, step_h, step_w;
    int32_t in_zero_point, out_zero_point, out_min, out_max;
} nn_conv3d_s8_params;

/*
 * 3-D convolution, int8, channels first.
 *   input              [batch][in_c][in_d][in_h][in_w]
 *   weights            [out_c][in_c / groups][kernel_d][kernel_h][kernel_w], symmetric
 *   bias               [out_c], with -in_zero_point * sum(weights of the channel) folded in
 *   multiplier, shift  [out_c] in_scale * weight_scale / out_scale
 *   output             [batch][out_c][out_d][out_h][out_w]
 * Sums bias and all taps, those beside the input elements being in_zero_point; requantises; clamps to
 * [out_min, out_max].
 */
void nn_conv3d_s8(const nn_conv3d_s8_params *p, const int8_t *input, const NN_FLASH int8_t *weights,
                  const NN_FLASH int32_t *bias, const NN_FLASH int32_t *multiplier,
                  const NN_FLASH uint8_t *shift, int8_t *output);

#endif
