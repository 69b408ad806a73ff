#ifndef NN_AVERAGE_POOL2D_S8_MVE_H
#define NN_AVERAGE_POOL2D_S8_MVE_H

#include "nn_common.h"

/* As for nn_average_pool2d_s8. */
typedef struct {
    int32_t batch, in_h, in_w, channels, out_h, out_w;
    int32_t kernel_h, kernel_w, stride_h, stride_w, dilation_h, dilation_w;
    int32_t pad_top, pad_left, pad_bottom, pad_right, count_include_pad;
    int32_t in_zero_point, out_zero_point, out_min, out_max;
    int32_t min_count; /* the count that entry 0 of the tables belongs to */
} nn_average_pool2d_s8_mve_params;

/* nn_average_pool2d_s8; shifts are 32 and more. */
void nn_average_pool2d_s8_mve(const nn_average_pool2d_s8_mve_params *p, const int8_t *input,
                              const NN_FLASH int32_t *multiplier, const NN_FLASH uint8_t *shift,
                              int8_t *output);

#endif
