#ifndef NN_FULLY_CONNECTED_S4_MVE_H
#define NN_FULLY_CONNECTED_S4_MVE_H

#include "nn_common.h"

typedef struct {
    int32_t rows, in_features, out_features;
    int32_t out_zero_point, out_min, out_max;
} nn_fully_connected_s4_mve_params;

/*
 * nn_fully_connected_s8 with weights of four bits, for cores with MVE.
 *   input    [rows][in_features]
 *   packed   per four features: per 32 inputs 16 bytes of each feature, the first 16 weights in their low
 *            halves, zeros behind the last; then four biases, multipliers and negative shifts
 *   output   [rows][out_features]
 */
void nn_fully_connected_s4_mve(const nn_fully_connected_s4_mve_params *p, const int8_t *input,
                               const NN_FLASH int32_t *packed, int8_t *output);

#endif
