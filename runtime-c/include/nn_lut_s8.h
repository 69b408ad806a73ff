#ifndef NN_LUT_S8_H
#define NN_LUT_S8_H

#include "nn_common.h"

typedef struct {
    int32_t count;
} nn_lut_s8_params;

/* Any function of one int8 value: output[i] = table[input[i] + 128]. Output may be input. */
void nn_lut_s8(const nn_lut_s8_params *p, const int8_t *input, const NN_FLASH int8_t *table, int8_t *output);

#endif
