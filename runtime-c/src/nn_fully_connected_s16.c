#include "nn_fully_connected_s16.h"

#include "nn_s16.h"

NN_KERNEL void nn_fully_connected_s16(const nn_fully_connected_s16_params *p, const int16_t *input,
                                      const NN_FLASH int8_t *weights, const NN_FLASH int32_t *bias,
                                      const NN_FLASH int32_t *multiplier, const NN_FLASH uint8_t *shift,
                                      void *output) {
    for (int32_t row = 0; row < p->rows; row++) {
        const NN_FLASH int8_t *w = weights;
        for (int32_t f = 0; f < p->out_features; f++) {
            const int64_t acc = nn_dot_s16(bias[f], input, w, p->in_features, p->wide_sums);
            const int32_t q =
                nn_requantize_s16(acc, multiplier[f], shift[f], p->out_zero_point, p->out_min, p->out_max);
            output = nn_store_s16(output, q, p->out_bytes);
            w += p->in_features;
        }
        input += p->in_features;
    }
}
