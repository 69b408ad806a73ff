#include "nn_fully_connected_s8.h"

NN_KERNEL void nn_fully_connected_s8(const nn_fully_connected_s8_params *p, const int8_t *input,
                                     const NN_FLASH int8_t *weights, const NN_FLASH int32_t *bias,
                                     const NN_FLASH int32_t *multiplier, const NN_FLASH uint8_t *shift,
                                     int8_t *output) {
    for (int32_t row = 0; row < p->rows; row++) {
        const NN_FLASH int8_t *w = weights;
        for (int32_t feature = 0; feature < p->out_features; feature++) {
            const int32_t acc = nn_dot_s8(bias[feature], input, w, p->in_features);
            *output++ = nn_requantize_s8(acc, multiplier[feature], shift[feature], p->out_zero_point,
                                         p->out_min, p->out_max);
            w += p->in_features;
        }
        input += p->in_features;
    }
}
