#ifndef NN_FULLY_CONNECTED_S8_H
#define NN_FULLY_CONNECTED_S8_H

#include "nn_common.h"

typedef struct {
    int32_t rows, in_features, out_features;
    int32_t out_zero_point, out_min, out_max;
} nn_fully_connected_s8_params;

/*
 * Matrix product with constant int8 weights.
 *   input       [rows][in_features]
 *   weights     [out_features][in_features], symmetric
 *   bias        [out_features], input zero point folded in as for nn_conv2d_s8
 *   multiplier, shift  [out_features], see nn_requantize_s8
 *   output      [rows][out_features]
 * The caller guarantees that no partial sum leaves int32.
 */
void nn_fully_connected_s8(const nn_fully_connected_s8_params *p, const int8_t *input,
                           const NN_FLASH int8_t *weights, const NN_FLASH int32_t *bias,
                           const NN_FLASH int32_t *multiplier, const NN_FLASH uint8_t *shift, int8_t *output);

#endif
