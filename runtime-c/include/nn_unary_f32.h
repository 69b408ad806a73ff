#ifndef NN_UNARY_F32_H
#define NN_UNARY_F32_H

#include "nn_math.h"

/* Values of the field `operation`; ONNX definitions. */
enum nn_unary_operation {
    NN_UNARY_LEAKY_RELU,   /* x < 0 ? alpha * x : x */
    NN_UNARY_SIGMOID,      /* 1 / (1 + e^-x) */
    NN_UNARY_TANH,         /* hyperbolic tangent */
    NN_UNARY_HARD_SIGMOID, /* clamp(alpha * x + beta, 0, 1) */
    NN_UNARY_HARD_SWISH,   /* x * clamp(x / 6 + 0.5, 0, 1) */
    NN_UNARY_CLIP,         /* clamp(x, alpha, beta) */
    NN_UNARY_EXP,          /* e^x */
    NN_UNARY_NEG,          /* -x */
    NN_UNARY_ABS,          /* |x| */
    NN_UNARY_RECIPROCAL    /* 1 / x */
};

/* count in elements; operations that do not name alpha or beta ignore them. */
typedef struct {
    int32_t operation, count;
    float alpha, beta;
} nn_unary_f32_params;

/* Elementwise function of one tensor, float32. input and output may be the same. */
void nn_unary_f32(const nn_unary_f32_params *p, const float *input, float *output);

#endif
