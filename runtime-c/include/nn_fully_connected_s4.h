#ifndef NN_FULLY_CONNECTED_S4_H
#define NN_FULLY_CONNECTED_S4_H

#include "nn_common.h"

typedef struct {
    int32_t rows, in_features, out_features;
    int32_t out_zero_point, out_min, out_max;
} nn_fully_connected_s4_params;

/*
 * nn_fully_connected_s8 with weights of four bits.
 *   input       [rows][in_features]
 *   weights     [out_features][(in_features + 1) / 2], see nn_unpack_s4.h
 *   bias, multiplier, shift  as for nn_fully_connected_s8
 *   output      [rows][out_features]
 */
void nn_fully_connected_s4(const nn_fully_connected_s4_params *p, const int8_t *input,
                           const NN_FLASH uint8_t *weights, const NN_FLASH int32_t *bias,
                           const NN_FLASH int32_t *multiplier, const NN_FLASH uint8_t *shift, int8_t *output);

#endif
