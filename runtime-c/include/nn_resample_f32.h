#ifndef NN_RESAMPLE_F32_H
#define NN_RESAMPLE_F32_H

#include "nn_common.h"

/* Sizes in elements; outside: the value of an output whose window starts at UINT16_MAX. */
typedef struct {
    int32_t outer, in_size, out_size, inner, taps;
    float outside;
} nn_resample_f32_params;

/*
 * Resizing along one axis, float32: output o is the sum of taps neighbours from starts[o] on, each times its
 * weight.
 *   input    [outer][in_size][inner]
 *   starts   [out_size] in [0, in_size - taps], or UINT16_MAX
 *   weights  [out_size][taps]
 *   output   [outer][out_size][inner]
 */
void nn_resample_f32(const nn_resample_f32_params *p, const float *input, const NN_FLASH uint16_t *starts,
                     const NN_FLASH float *weights, float *output);

#endif
