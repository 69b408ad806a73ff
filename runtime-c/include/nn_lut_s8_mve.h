#ifndef NN_LUT_S8_MVE_H
#define NN_LUT_S8_MVE_H

#include "nn_common.h"

typedef struct {
    int32_t count;
} nn_lut_s8_mve_params;

/* nn_lut_s8, count > 0. */
void nn_lut_s8_mve(const nn_lut_s8_mve_params *p, const int8_t *input, const NN_FLASH int8_t *table,
                   int8_t *output);

#endif
