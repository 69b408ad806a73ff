#include "nn_fully_connected_s4.h"

#include "nn_unpack_s4.h"

static int32_t dot(int32_t acc, const int8_t *x, const NN_FLASH uint8_t *w, int32_t count) {
    for (; count >= 2; count -= 2) {
        const uint8_t two = *w++;
        acc += x[0] * nn_low_s4(two);
        acc += x[1] * nn_high_s4(two);
        x += 2;
    }
    return count > 0 ? acc + *x * nn_low_s4(*w) : acc;
}

NN_KERNEL void nn_fully_connected_s4(const nn_fully_connected_s4_params *p, const int8_t *input,
                                     const NN_FLASH uint8_t *weights, const NN_FLASH int32_t *bias,
                                     const NN_FLASH int32_t *multiplier, const NN_FLASH uint8_t *shift,
                                     int8_t *output) {
    for (int32_t row = 0; row < p->rows; row++) {
        const NN_FLASH uint8_t *w = weights;
        for (int32_t feature = 0; feature < p->out_features; feature++) {
            const int32_t acc = dot(bias[feature], input, w, p->in_features);
            *output++ = nn_requantize_s8(acc, multiplier[feature], shift[feature], p->out_zero_point,
                                         p->out_min, p->out_max);
            w += (p->in_features + 1) / 2;
        }
        input += p->in_features;
    }
}
