#ifndef NN_CONV2D_S16_DSP_H
#define NN_CONV2D_S16_DSP_H

#include "nn_conv2d_s16.h"

typedef nn_conv2d_s16_params nn_conv2d_s16_dsp_params;

/*
 * nn_conv2d_s16 without groups, with sums in int32, for cores with the DSP extension: two pixels at a time.
 *   weights  [out_c][quads]: see nn_multiply_s16_dsp, zeros behind the last of a channel
 *   scratch  two windows of 4 * quads values
 */
void nn_conv2d_s16_dsp(const nn_conv2d_s16_dsp_params *p, const int16_t *input,
                       const NN_FLASH int32_t *weights, const NN_FLASH int32_t *bias,
                       const NN_FLASH int32_t *multiplier, const NN_FLASH uint8_t *shift, void *scratch,
                       void *output);

#endif
