#include "nn_fully_connected_f32.h"

NN_KERNEL void nn_fully_connected_f32(const nn_fully_connected_f32_params *p, const float *input,
                                      const NN_FLASH float *weights, const NN_FLASH float *bias,
                                      float *output) {
    for (int32_t row = 0; row < p->rows; row++) {
        const NN_FLASH float *w = weights;
        for (int32_t o = 0; o < p->out_features; o++) {
            const float acc = nn_dot_f32(bias[o], input, w, p->in_features);
            *output++ = nn_clamp_f32(acc, p->out_min, p->out_max);
            w += p->in_features;
        }
        input += p->in_features;
    }
}
