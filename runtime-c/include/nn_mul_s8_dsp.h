#ifndef NN_MUL_S8_DSP_H
#define NN_MUL_S8_DSP_H

#include "nn_packed_dsp.h"

/* Strides as in nn_mul_s8_params; along the last axis they are 0 or 1. */
typedef struct {
    int32_t shape[6], a_stride[6], b_stride[6];
    int32_t a_zero, b_zero; /* the negative zero points, as int16 in both halves */
    int32_t multiplier, rounding, shift, out_min, out_max;
} nn_mul_s8_dsp_params;

/*
 * nn_mul_s8, four elements at a time, with the requantisation of nn_rounding and a shift of `shift` + 32.
 * Output may be a or b where they have its shape.
 */
void nn_mul_s8_dsp(const nn_mul_s8_dsp_params *p, const int8_t *a, const int8_t *b, int8_t *output);

#endif
