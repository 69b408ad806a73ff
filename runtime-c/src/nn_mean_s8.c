#include "nn_mean_s8.h"

NN_KERNEL void nn_mean_s8(const nn_mean_s8_params *p, const int8_t *input, int8_t *output) {
    for (int32_t outer = 0; outer < p->outer; outer++) {
        for (int32_t inner = 0; inner < p->inner; inner++) {
            const int8_t *x = input + inner;
            int32_t acc = -p->count * p->in_zero_point;
            for (int32_t i = 0; i < p->count; i++) {
                acc += *x;
                x += p->inner;
            }
            *output++ = nn_requantize_s8(acc, p->multiplier, (uint8_t)p->shift, p->out_zero_point, p->out_min,
                                         p->out_max);
        }
        input += p->count * p->inner;
    }
}
