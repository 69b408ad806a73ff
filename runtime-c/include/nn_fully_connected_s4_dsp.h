#ifndef NN_FULLY_CONNECTED_S4_DSP_H
#define NN_FULLY_CONNECTED_S4_DSP_H

#include "nn_common.h"

typedef struct {
    int32_t rows, in_features, out_features;
    int32_t out_zero_point, out_min, out_max;
} nn_fully_connected_s4_dsp_params;

/*
 * nn_fully_connected_s8 with weights of four bits, for cores with the DSP extension.
 *   input       [rows][in_features]
 *   weights     [out_features][words], words = (in_features + 7) / 8: half byte k of a word is weight k
 *               of its eight; zeros behind the last
 *   bias, multiplier, shift  as for nn_fully_connected_s8
 *   scratch     16 * words bytes: a row of the input in the order of the weights
 *   output      [rows][out_features]
 */
void nn_fully_connected_s4_dsp(const nn_fully_connected_s4_dsp_params *p, const int8_t *input,
                               const int32_t *weights, const int32_t *bias, const int32_t *multiplier,
                               const uint8_t *shift, void *scratch, int8_t *output);

#endif
