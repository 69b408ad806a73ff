#include "nn_fully_connected_s8_avr.h"

#include "nn_avr.h"

NN_KERNEL void nn_fully_connected_s8_avr(const nn_fully_connected_s8_avr_params *p, const int8_t *input,
                                         const NN_FLASH int8_t *weights, const NN_FLASH int32_t *bias,
                                         const NN_FLASH int32_t *multiplier, const NN_FLASH uint8_t *shift,
                                         int8_t *output) {
    const int16_t in_features = (int16_t)p->in_features, out_features = (int16_t)p->out_features;
    const int16_t zero_point = (int16_t)p->out_zero_point, min = (int16_t)p->out_min,
                  max = (int16_t)p->out_max;
    for (int32_t row = 0; row < p->rows; row++) {
        const NN_FLASH int8_t *w = weights;
        for (int16_t feature = 0; feature < out_features; feature++) {
            const int32_t acc = nn_avr_dot(bias[feature], input, w, in_features);
            *output++ = nn_avr_requantize(acc, multiplier[feature], shift[feature], zero_point, min, max);
            w += in_features;
        }
        input += in_features;
    }
}
