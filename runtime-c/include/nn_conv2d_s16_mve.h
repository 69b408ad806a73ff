#ifndef NN_CONV2D_S16_MVE_H
#define NN_CONV2D_S16_MVE_H

#include "nn_conv2d_s16.h"

typedef nn_conv2d_s16_params nn_conv2d_s16_mve_params;

/*
 * nn_conv2d_s16 without groups, with sums in int32, for cores with MVE.
 *   packed   see nn_multiply_s16_mve
 *   scratch  a window
 */
void nn_conv2d_s16_mve(const nn_conv2d_s16_mve_params *p, const int16_t *input,
                       const NN_FLASH int32_t *packed, void *scratch, void *output);

#endif
