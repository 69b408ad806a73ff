#ifndef NN_FULLY_CONNECTED_F32_H
#define NN_FULLY_CONNECTED_F32_H

#include "nn_math.h"

/* Sizes in elements. */
typedef struct {
    int32_t rows, in_features, out_features;
    float out_min, out_max;
} nn_fully_connected_f32_params;

/*
 * Fully connected layer, float32: bias plus products from the first feature to the last, clamped.
 *   input    [rows][in_features]
 *   weights  [out_features][in_features]
 *   bias     [out_features]
 *   output   [rows][out_features]
 */
void nn_fully_connected_f32(const nn_fully_connected_f32_params *p, const float *input,
                            const NN_FLASH float *weights, const NN_FLASH float *bias, float *output);

#endif
