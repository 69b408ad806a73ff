#ifndef NN_LUT_S8_THUMB2_H
#define NN_LUT_S8_THUMB2_H

#include "nn_common.h"

typedef struct {
    int32_t count;
} nn_lut_s8_thumb2_params;

/*
 * nn_lut_s8, four elements at a time, for cores that load words from any address.
 *   table  [256]: by the input as an unsigned byte
 * Output may be input.
 */
void nn_lut_s8_thumb2(const nn_lut_s8_thumb2_params *p, const int8_t *input, const int8_t *table,
                      int8_t *output);

#endif
