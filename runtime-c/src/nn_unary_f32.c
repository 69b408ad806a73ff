#include "nn_unary_f32.h"

static float apply(const nn_unary_f32_params *p, float x) {
    switch (p->operation) {
    case NN_UNARY_LEAKY_RELU:
        return x < 0.0f ? p->alpha * x : x;
    case NN_UNARY_SIGMOID:
        return nn_sigmoid_f32(x);
    case NN_UNARY_TANH:
        return nn_tanh_f32(x);
    case NN_UNARY_HARD_SIGMOID:
        return nn_clamp_f32(p->alpha * x + p->beta, 0.0f, 1.0f);
    case NN_UNARY_HARD_SWISH:
        return x * nn_clamp_f32(x * (1.0f / 6.0f) + 0.5f, 0.0f, 1.0f);
    case NN_UNARY_CLIP:
        return nn_clamp_f32(x, p->alpha, p->beta);
    case NN_UNARY_EXP:
        return nn_exp_f32(x);
    case NN_UNARY_NEG:
        return -x;
    case NN_UNARY_ABS:
        return x < 0.0f ? -x : x + 0.0f;
    default:
        return 1.0f / x;
    }
}

NN_KERNEL void nn_unary_f32(const nn_unary_f32_params *p, const float *input, float *output) {
    for (int32_t i = 0; i < p->count; i++) {
        output[i] = apply(p, input[i]);
    }
}
