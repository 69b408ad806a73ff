#include "nn_fully_connected_s8_compact.h"

NN_KERNEL void nn_fully_connected_s8_compact(const nn_fully_connected_s8_compact_params *p,
                                             const int8_t *input, const NN_FLASH int8_t *weights,
                                             const NN_FLASH int32_t *bias_shift,
                                             const NN_FLASH int32_t *multiplier, int8_t *output) {
    for (int32_t row = 0; row < p->rows; row++) {
        const NN_FLASH int8_t *w = weights;
        for (int32_t feature = 0; feature < p->out_features; feature++) {
            const int32_t both = bias_shift[feature];
            const int32_t low = both & 31;
            const int32_t acc = nn_dot_s8((both - low) / 32, input, w, p->in_features);
            *output++ = nn_requantize_s8(acc, multiplier[feature], (uint8_t)(32 + low), p->out_zero_point,
                                         p->out_min, p->out_max);
            w += p->in_features;
        }
        input += p->in_features;
    }
}
