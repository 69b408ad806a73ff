#ifndef NN_DEPTHWISE_CONV2D_ANY_S8_MVE_H
#define NN_DEPTHWISE_CONV2D_ANY_S8_MVE_H

#include "nn_common.h"

/* Sizes in elements, steps in pixels; at most 64 parts of 4x4 to a kernel. */
typedef struct {
    int32_t batch, in_h, in_w, in_c, out_h, out_w, out_c;
    int32_t kernel_h, kernel_w, stride_h, stride_w, dilation_h, dilation_w, pad_top, pad_left;
    int32_t in_zero_point, out_zero_point, out_min, out_max, band_bytes;
} nn_depthwise_conv2d_any_s8_mve_params;

/*
 * nn_depthwise_conv2d_s8.
 *   input    [batch][in_h][in_w][in_c]
 *   packed   per output channel: the kernel in parts of 4x4, row by row, a part as 16 bytes [column][row]
 *            and 0 beyond the kernel; then four words: bias; multiplier; minus the right shift that is left
 *            behind VQDMULH; 4 * the input channel
 *   scratch  band_bytes for every four rows of the kernel: see nn_depthwise_conv2d_s8_mve
 *   output   [batch][out_h][out_w][out_c]
 */
void nn_depthwise_conv2d_any_s8_mve(const nn_depthwise_conv2d_any_s8_mve_params *p, const int8_t *input,
                                    const NN_FLASH int32_t *packed, void *scratch, int8_t *output);

#endif
