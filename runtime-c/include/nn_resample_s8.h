#ifndef NN_RESAMPLE_S8_H
#define NN_RESAMPLE_S8_H

#include "nn_common.h"

/* Sizes in elements; outside: the value of an output whose window starts at UINT16_MAX. */
typedef struct {
    int32_t outer, in_size, out_size, inner, taps, outside;
} nn_resample_s8_params;

/*
 * Resizing along one axis, int8: output o is the sum of taps neighbours from starts[o] on, each times its
 * weight in units of 2^-14, rounded half up. The weights of an output sum to 2^14, so input and output share
 * scale and zero point; a sum beyond int8 saturates.
 *   input    [outer][in_size][inner]
 *   starts   [out_size] in [0, in_size - taps], or UINT16_MAX
 *   weights  [out_size][taps]
 *   output   [outer][out_size][inner]
 */
void nn_resample_s8(const nn_resample_s8_params *p, const int8_t *input, const NN_FLASH uint16_t *starts,
                    const NN_FLASH int16_t *weights, int8_t *output);

#endif
