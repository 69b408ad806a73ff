#ifndef NN_MAX_POOL2D_S16_H
#define NN_MAX_POOL2D_S16_H

#include "nn_common.h"

/* Sizes in elements, steps in pixels. */
typedef struct {
    int32_t batch, in_h, in_w, channels, out_h, out_w;
    int32_t kernel_h, kernel_w, stride_h, stride_w, dilation_h, dilation_w;
    int32_t pad_top, pad_left, out_min, out_max;
} nn_max_pool2d_s16_params;

/*
 * 2-D max pooling of int16 values, channels last; input and output share their scale. Padded taps never win.
 *   input   [batch][in_h][in_w][channels]
 *   output  [batch][out_h][out_w][channels]
 */
void nn_max_pool2d_s16(const nn_max_pool2d_s16_params *p, const int16_t *input, int16_t *output);

#endif
