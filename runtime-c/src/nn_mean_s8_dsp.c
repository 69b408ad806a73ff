#include "nn_mean_s8_dsp.h"

/* int8 values of which every sum fits int16. */
#define SAFE_COUNT 256

static inline void sum_four(const int8_t *x, int32_t count, int32_t step, int32_t acc[4]) {
    while (count > 0) {
        const int32_t chunk = count < SAFE_COUNT ? count : SAFE_COUNT;
        uint32_t even = 0, odd = 0;
        int32_t i = chunk;
        for (; i >= 2; i -= 2) {
            const uint32_t first = nn_load_word(x), second = nn_load_word(x + step);
            even = nn_sxtab16(nn_sxtab16(even, first), second);
            odd = nn_sxtab16_odd(nn_sxtab16_odd(odd, first), second);
            x += 2 * step;
        }
        if (i > 0) {
            even = nn_sxtab16(even, nn_load_word(x));
            odd = nn_sxtab16_odd(odd, nn_load_word(x));
            x += step;
        }
        acc[0] += (int16_t)even;
        acc[1] += (int16_t)odd;
        acc[2] += (int32_t)even >> 16;
        acc[3] += (int32_t)odd >> 16;
        count -= chunk;
    }
}

NN_KERNEL void nn_mean_s8_dsp(const nn_mean_s8_dsp_params *p, const int8_t *input, int8_t *output) {
    const int32_t zero = -p->count * p->in_zero_point;
    for (int32_t outer = 0; outer < p->outer; outer++) {
        int lanes;
        for (int32_t inner = 0; inner < p->inner; inner += lanes) {
            int32_t acc[4] = {zero, zero, zero, zero};
            lanes = p->inner - inner >= 4 ? 4 : 1;
            if (lanes == 4) {
                sum_four(input + inner, p->count, p->inner, acc);
            } else {
                const int8_t *x = input + inner;
                for (int32_t i = 0; i < p->count; i++) {
                    acc[0] += *x;
                    x += p->inner;
                }
            }
            for (int lane = 0; lane < lanes; lane++) {
                *output++ = nn_requantize_s8(acc[lane], p->multiplier, (uint8_t)p->shift, p->out_zero_point,
                                             p->out_min, p->out_max);
            }
        }
        input += p->count * p->inner;
    }
}
