#ifndef NN_FULLY_CONNECTED_S16_H
#define NN_FULLY_CONNECTED_S16_H

#include "nn_common.h"

typedef struct {
    int32_t rows, in_features, out_features;
    int32_t out_zero_point, out_min, out_max;
    int32_t out_bytes; /* of a result: 1 for int8, 2 for int16 */
    int32_t wide_sums; /* whether a sum may leave int32 */
} nn_fully_connected_s16_params;

/*
 * Fully connected layer of int16 values with int8 weights.
 *   input       [rows][in_features], zero point 0
 *   weights     [out_features][in_features], symmetric
 *   bias        [out_features]
 *   multiplier, shift  [out_features], see nn_requantize_s16
 *   output      [rows][out_features], int8 or int16
 */
void nn_fully_connected_s16(const nn_fully_connected_s16_params *p, const int16_t *input,
                            const NN_FLASH int8_t *weights, const NN_FLASH int32_t *bias,
                            const NN_FLASH int32_t *multiplier, const NN_FLASH uint8_t *shift, void *output);

#endif
