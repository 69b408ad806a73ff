#ifndef NN_AVERAGE_POOL2D_S8_DSP_H
#define NN_AVERAGE_POOL2D_S8_DSP_H

#include "nn_packed_dsp.h"

typedef struct {
    int32_t batch, in_h, in_w, channels, out_h, out_w;
    int32_t kernel_h, kernel_w, stride_h, stride_w, dilation_h, dilation_w;
    int32_t pad_top, pad_left, pad_bottom, pad_right, count_include_pad;
    int32_t in_zero_point, out_zero_point, out_min, out_max;
    int32_t min_count;
} nn_average_pool2d_s8_dsp_params;

/* nn_average_pool2d_s8, four channels at a time. kernel_h * kernel_w is at most 256: sums are kept in int16.
 */
void nn_average_pool2d_s8_dsp(const nn_average_pool2d_s8_dsp_params *p, const int8_t *input,
                              const int32_t *multiplier, const uint8_t *shift, int8_t *output);

#endif
