#ifndef NN_ADD_S8_DSP_H
#define NN_ADD_S8_DSP_H

#include "nn_packed_dsp.h"

/* Strides as in nn_add_s8_params; along the last axis they are 0 or 1. */
typedef struct {
    int32_t shape[6], a_stride[6], b_stride[6];
    int32_t a_multiplier, b_multiplier; /* times 2^8 */
    int32_t addend;                     /* both zero points, the rounding and out_zero_point * 2^shift */
    int32_t shift, out_min, out_max;
} nn_add_s8_dsp_params;

/*
 * nn_add_s8, four elements at a time:
 *     clamp((a * a_multiplier / 2^8 + b * b_multiplier / 2^8 + addend) >> shift, out_min, out_max)
 * The caller guarantees that the sum fits int32, and shift >= 16. Output may be a or b where they have its
 * shape.
 */
void nn_add_s8_dsp(const nn_add_s8_dsp_params *p, const int8_t *a, const int8_t *b, int8_t *output);

#endif
