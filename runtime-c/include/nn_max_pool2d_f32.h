#ifndef NN_MAX_POOL2D_F32_H
#define NN_MAX_POOL2D_F32_H

#include "nn_math.h"

/* Sizes in elements, steps in pixels. */
typedef struct {
    int32_t batch, in_h, in_w, channels;
    int32_t out_h, out_w;
    int32_t kernel_h, kernel_w, stride_h, stride_w, dilation_h, dilation_w;
    int32_t pad_top, pad_left;
    float out_min, out_max;
} nn_max_pool2d_f32_params;

/*
 * 2-D max pooling, float32, channels last: the largest tap inside the input, clamped to [out_min, out_max]. A
 * window that misses the input gives out_min. input   [batch][in_h][in_w][channels] output
 * [batch][out_h][out_w][channels]
 */
void nn_max_pool2d_f32(const nn_max_pool2d_f32_params *p, const float *input, float *output);

#endif
