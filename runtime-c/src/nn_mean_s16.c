#include "nn_mean_s16.h"

#include "nn_s16.h"

NN_KERNEL void nn_mean_s16(const nn_mean_s16_params *p, const int16_t *input, void *output) {
    for (int32_t outer = 0; outer < p->outer; outer++) {
        for (int32_t inner = 0; inner < p->inner; inner++) {
            const int16_t *x = input + inner;
            int32_t acc = 0;
            for (int32_t i = 0; i < p->count; i++) {
                acc += *x;
                x += p->inner;
            }
            const int32_t q = nn_requantize_s16(acc, p->multiplier, (uint8_t)p->shift, p->out_zero_point,
                                                p->out_min, p->out_max);
            output = nn_store_s16(output, q, p->out_bytes);
        }
        input += p->count * p->inner;
    }
}
