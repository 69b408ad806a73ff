#ifndef NN_AVERAGE_POOL2D_S16_H
#define NN_AVERAGE_POOL2D_S16_H

#include "nn_common.h"

/* Sizes in elements, steps in pixels. */
typedef struct {
    int32_t batch, in_h, in_w, channels, out_h, out_w;
    int32_t kernel_h, kernel_w, stride_h, stride_w, dilation_h, dilation_w;
    int32_t pad_top, pad_left, pad_bottom, pad_right, count_include_pad;
    int32_t out_zero_point, out_min, out_max;
    int32_t min_count; /* the count that entry 0 of the tables belongs to */
    int32_t out_bytes; /* of a result: 1 for int8, 2 for int16 */
} nn_average_pool2d_s16_params;

/*
 * 2-D average pooling (ONNX AveragePool-19) of int16 values with zero point 0, channels last. The count that
 * a window divides by is the number of its taps inside the input, or with count_include_pad inside the padded
 * input. input       [batch][in_h][in_w][channels] multiplier, shift  [count - min_count]: in_scale /
 * (out_scale * count), see nn_requantize_s16 output      [batch][out_h][out_w][channels], int8 or int16
 */
void nn_average_pool2d_s16(const nn_average_pool2d_s16_params *p, const int16_t *input,
                           const NN_FLASH int32_t *multiplier, const NN_FLASH uint8_t *shift, void *output);

#endif
