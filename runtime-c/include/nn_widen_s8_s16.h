#ifndef NN_WIDEN_S8_S16_H
#define NN_WIDEN_S8_S16_H

#include "nn_common.h"

typedef struct {
    int32_t count, zero_point;
} nn_widen_s8_s16_params;

/* The same values with zero point 0: input - zero_point, exactly. */
void nn_widen_s8_s16(const nn_widen_s8_s16_params *p, const int8_t *input, int16_t *output);

#endif
