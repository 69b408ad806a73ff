#ifndef NN_MEAN_S8_DSP_H
#define NN_MEAN_S8_DSP_H

#include "nn_packed_dsp.h"

typedef struct {
    int32_t outer, count, inner;
    int32_t in_zero_point, out_zero_point, out_min, out_max;
    int32_t multiplier, shift;
} nn_mean_s8_dsp_params;

/* nn_mean_s8, four elements of the inner axis at a time. Output may start at input, or anywhere before it. */
void nn_mean_s8_dsp(const nn_mean_s8_dsp_params *p, const int8_t *input, int8_t *output);

#endif
