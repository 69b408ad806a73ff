#ifndef NN_MAX_POOL2D_S8_DSP_H
#define NN_MAX_POOL2D_S8_DSP_H

#include "nn_packed_dsp.h"

typedef struct {
    int32_t batch, in_h, in_w, channels, out_h, out_w;
    int32_t kernel_h, kernel_w, stride_h, stride_w, dilation_h, dilation_w;
    int32_t pad_top, pad_left, out_min, out_max;
} nn_max_pool2d_s8_dsp_params;

/* nn_max_pool2d_s8, four channels at a time. */
void nn_max_pool2d_s8_dsp(const nn_max_pool2d_s8_dsp_params *p, const int8_t *input, int8_t *output);

#endif
