#ifndef NN_FULLY_CONNECTED_S16_MVE_H
#define NN_FULLY_CONNECTED_S16_MVE_H

#include "nn_fully_connected_s16.h"

typedef nn_fully_connected_s16_params nn_fully_connected_s16_mve_params;

/*
 * nn_fully_connected_s16 with sums in int32, for cores with MVE.
 *   packed  see nn_multiply_s16_mve
 */
void nn_fully_connected_s16_mve(const nn_fully_connected_s16_mve_params *p, const int16_t *input,
                                const NN_FLASH int32_t *packed, void *output);

#endif
