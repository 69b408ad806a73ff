#ifndef NN_CONV2D_S4_H
#define NN_CONV2D_S4_H

#include "nn_common.h"

/* As for nn_conv2d_s8, without groups. */
typedef struct {
    int32_t batch, in_h, in_w, in_c;
    int32_t out_h, out_w, out_c;
    int32_t kernel_h, kernel_w, stride_h, stride_w, dilation_h, dilation_w;
    int32_t pad_top, pad_left;
    int32_t in_zero_point, out_zero_point, out_min, out_max;
} nn_conv2d_s4_params;

/*
 * nn_conv2d_s8 without groups, with weights of four bits. Those of one channel are unpacked for each row of
 * the output.
 *   input       [batch][in_h][in_w][in_c]
 *   weights     [out_c][(kernel_h * kernel_w * in_c + 1) / 2], see nn_unpack_s4.h
 *   bias, multiplier, shift  as for nn_conv2d_s8
 *   scratch     kernel_h * kernel_w * in_c bytes
 *   output      [batch][out_h][out_w][out_c]
 */
void nn_conv2d_s4(const nn_conv2d_s4_params *p, const int8_t *input, const NN_FLASH uint8_t *weights,
                  const NN_FLASH int32_t *bias, const NN_FLASH int32_t *multiplier,
                  const NN_FLASH uint8_t *shift, void *scratch, int8_t *output);

#endif
