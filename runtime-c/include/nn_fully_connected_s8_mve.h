#ifndef NN_FULLY_CONNECTED_S8_MVE_H
#define NN_FULLY_CONNECTED_S8_MVE_H

#include "nn_common.h"

typedef struct {
    int32_t rows, in_features, out_features;
    int32_t out_zero_point, out_min, out_max;
} nn_fully_connected_s8_mve_params;

/*
 * nn_fully_connected_s8.
 *   input   [rows][in_features]
 *   packed  for every four features, the weights in chunks of 16, four features to a chunk, the first chunk
 *           of 1 to 16 filled up with zeros; then four biases, multipliers and negative shifts
 *   output  [rows][out_features]
 */
void nn_fully_connected_s8_mve(const nn_fully_connected_s8_mve_params *p, const int8_t *input,
                               const NN_FLASH int32_t *packed, int8_t *output);

#endif
