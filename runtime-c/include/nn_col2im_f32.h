#ifndef NN_COL2IM_F32_H
#define NN_COL2IM_F32_H

#include "nn_common.h"

/* Sizes and steps in elements; in: the blocks along each axis, out: the image; planes: batch times channels.
 */
typedef struct {
    int32_t planes;
    int32_t in_d, in_h, in_w, out_d, out_h, out_w;
    int32_t kernel_d, kernel_h, kernel_w, stride_d, stride_h, stride_w;
    int32_t dilation_d, dilation_h, dilation_w, pad_front, pad_top, pad_left;
} nn_col2im_f32_params;

/*
 * Puts blocks back where they came from, float32: every output element is the sum of the block elements on
 * it, in the order of the kernel's taps. input   [planes][kernel_d][kernel_h][kernel_w][in_d][in_h][in_w]
 *   output  [planes][out_d][out_h][out_w]
 */
void nn_col2im_f32(const nn_col2im_f32_params *p, const float *input, float *output);

#endif
