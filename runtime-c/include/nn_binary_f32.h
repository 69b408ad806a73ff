#ifndef NN_BINARY_F32_H
#define NN_BINARY_F32_H

#include "nn_math.h"

/* Values of the field `operation`. */
enum nn_binary_operation {
    NN_BINARY_ADD, /* a + b */
    NN_BINARY_SUB, /* a - b */
    NN_BINARY_MUL, /* a * b */
    NN_BINARY_DIV, /* a / b */
    NN_BINARY_MIN, /* b < a ? b : a */
    NN_BINARY_MAX  /* b > a ? b : a */
};

/* Strides in elements of a and b along the axes of the output; 0 broadcasts. Leading dimensions are 1. */
typedef struct {
    int32_t operation;
    int32_t shape[6], a_stride[6], b_stride[6];
    float out_min, out_max;
} nn_binary_f32_params;

/* Elementwise function of two tensors, float32, clamped to [out_min, out_max]; output [shape...], contiguous.
 */
void nn_binary_f32(const nn_binary_f32_params *p, const float *a, const float *b, float *output);

#endif
