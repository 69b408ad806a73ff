#ifndef NN_CONV2D_S8_AVR_H
#define NN_CONV2D_S8_AVR_H

#include "nn_common.h"

/* As for nn_conv2d_s8, without groups and dilated columns; 2^15 > every row of the input and window, in
 * bytes. */
typedef struct {
    int32_t batch, in_h, in_w, in_c;
    int32_t out_h, out_w, out_c;
    int32_t kernel_h, kernel_w, stride_h, stride_w, dilation_h, dilation_w;
    int32_t pad_top, pad_left;
    int32_t in_zero_point, out_zero_point, out_min, out_max;
} nn_conv2d_s8_avr_params;

/* nn_conv2d_s8 with the tables of it; shifts are 33 and more. */
void nn_conv2d_s8_avr(const nn_conv2d_s8_avr_params *p, const int8_t *input, const NN_FLASH int8_t *weights,
                      const NN_FLASH int32_t *bias, const NN_FLASH int32_t *multiplier,
                      const NN_FLASH uint8_t *shift, int8_t *output);

#endif
