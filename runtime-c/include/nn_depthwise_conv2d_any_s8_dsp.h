#ifndef NN_DEPTHWISE_CONV2D_ANY_S8_DSP_H
#define NN_DEPTHWISE_CONV2D_ANY_S8_DSP_H

#include "nn_depthwise_planes_dsp.h"

/* As nn_depthwise_planes_params; kernel_h with its dilation. An output row pair reads pair_words words of a
 * column. */
typedef struct {
    int32_t batch, in_h, in_w, in_c, out_h, out_w, channel_multiplier;
    int32_t pad_top, pad_left, plane_columns, lanes;
    int32_t in_zero_point, out_zero_point, out_min, out_max;
    int32_t kernel_h, kernel_w, stride_h, stride_w, dilation_w;
    int32_t band_rows, pair_words, shift;
} nn_depthwise_conv2d_any_s8_dsp_params;

/*
 * nn_depthwise_conv2d_s8 with any kernel, stride and dilation that leave room for two output rows in a plane.
 *   input    [batch][in_h][in_w][in_c]
 *   weights  [out_c][kernel_w * pair_words * 2 + 2]: per kernel column and word of the plane the weights of
 * the upper and of the lower row of the output, low half first, 0 where they read nothing of the word; bias;
 *            multiplier. Weights and bias are scaled such that every shift is shift + 32.
 *   scratch  [lanes][plane_columns][NN_PLANE_ROWS] int16, 4-byte aligned
 *   output   [batch][out_h][out_w][out_c]; may be input where they have one shape
 */
void nn_depthwise_conv2d_any_s8_dsp(const nn_depthwise_conv2d_any_s8_dsp_params *p, const int8_t *input,
                                    const int32_t *weights, void *scratch, int8_t *output);

#endif
