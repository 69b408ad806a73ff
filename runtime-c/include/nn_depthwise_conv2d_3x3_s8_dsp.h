#ifndef NN_DEPTHWISE_CONV2D_3X3_S8_DSP_H
#define NN_DEPTHWISE_CONV2D_3X3_S8_DSP_H

#include "nn_depthwise_planes_dsp.h"

typedef nn_depthwise_planes_params nn_depthwise_conv2d_3x3_s8_dsp_params;

/*
 * nn_depthwise_conv2d_s8 with a 3x3 kernel, stride 1 and no dilation; out_w >= 2.
 *   input    [batch][in_h][in_w][in_c]
 *   weights  [out_c][8]: per kernel column the words (row 0, row 1) and (row 1, row 2), low half first;
 *            bias; multiplier. Weights and bias are scaled such that every shift is 42.
 *   scratch  [lanes][plane_columns][NN_PLANE_ROWS] int16, 4-byte aligned
 *   output   [batch][out_h][out_w][out_c]; may be input where they have one shape
 */
void nn_depthwise_conv2d_3x3_s8_dsp(const nn_depthwise_conv2d_3x3_s8_dsp_params *p, const int8_t *input,
                                    const int32_t *weights, void *scratch, int8_t *output);

#endif
