#ifndef NN_FULLY_CONNECTED_S16_DSP_H
#define NN_FULLY_CONNECTED_S16_DSP_H

#include "nn_fully_connected_s16.h"

typedef nn_fully_connected_s16_params nn_fully_connected_s16_dsp_params;

/*
 * nn_fully_connected_s16 of a multiple of four features, with sums in int32, for cores with the DSP
 * extension. weights  [out_features][in_features / 4]: see nn_multiply_s16_dsp
 */
void nn_fully_connected_s16_dsp(const nn_fully_connected_s16_dsp_params *p, const int16_t *input,
                                const NN_FLASH int32_t *weights, const NN_FLASH int32_t *bias,
                                const NN_FLASH int32_t *multiplier, const NN_FLASH uint8_t *shift,
                                void *output);

#endif
