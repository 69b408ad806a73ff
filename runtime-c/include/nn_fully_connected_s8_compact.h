#ifndef NN_FULLY_CONNECTED_S8_COMPACT_H
#define NN_FULLY_CONNECTED_S8_COMPACT_H

#include "nn_common.h"

typedef struct {
    int32_t rows, in_features, out_features;
    int32_t out_zero_point, out_min, out_max;
} nn_fully_connected_s8_compact_params;

/*
 * nn_fully_connected_s8 without a table of shifts.
 *   input       [rows][in_features]
 *   weights     [out_features][in_features]
 *   bias_shift  [out_features]: bias * 32 + shift - 32
 *   multiplier  [out_features], as for nn_fully_connected_s8
 *   output      [rows][out_features]
 */
void nn_fully_connected_s8_compact(const nn_fully_connected_s8_compact_params *p, const int8_t *input,
                                   const NN_FLASH int8_t *weights, const NN_FLASH int32_t *bias_shift,
                                   const NN_FLASH int32_t *multiplier, int8_t *output);

#endif
