#include "nn_fully_connected_s4_dsp.h"

#include "nn_packed_dsp.h"

static inline int32_t smlad(uint32_t x, uint32_t y, int32_t acc) {
    __asm__("smlad %0, %1, %2, %3" : "=r"(acc) : "r"(x), "r"(y), "r"(acc));
    return acc;
}

/* Inputs 0, 4; 2, 6; 1, 5; 3, 7 of every eight as pairs of 16 bits: the order of the unpacked weights. */
static void widen(uint32_t *to, const int8_t *x, int32_t count) {
    for (; count >= 8; count -= 8) {
        const uint32_t a = nn_load_word(x), b = nn_load_word(x + 4);
        const uint32_t a_even = nn_sxtb16(a), a_odd = nn_sxtb16_odd(a);
        const uint32_t b_even = nn_sxtb16(b), b_odd = nn_sxtb16_odd(b);
        to[0] = nn_pack_low(a_even, b_even);
        to[1] = nn_pack_high(a_even, b_even);
        to[2] = nn_pack_low(a_odd, b_odd);
        to[3] = nn_pack_high(a_odd, b_odd);
        to += 4;
        x += 8;
    }
    if (count > 0) {
        static const uint8_t place[8] = {0, 4, 2, 6, 1, 5, 3, 7};
        int16_t *const last = (int16_t *)(void *)to;
        for (int32_t k = 0; k < 8; k++) {
            last[k] = place[k] < count ? x[place[k]] : 0;
        }
    }
}

/* Sixteen times the sum of eight products: half bytes stay in the upper half of a byte. */
static inline int32_t add_eight(int32_t acc, uint32_t eight, const uint32_t *x) {
    const uint32_t upper = 0xf0f0f0f0u;
    const uint32_t even = eight << 4 & upper;
    const uint32_t odd = eight & upper;
    acc = smlad(nn_sxtb16(even), x[0], acc);
    acc = smlad(nn_sxtb16_odd(even), x[1], acc);
    acc = smlad(nn_sxtb16(odd), x[2], acc);
    return smlad(nn_sxtb16_odd(odd), x[3], acc);
}

NN_KERNEL void nn_fully_connected_s4_dsp(const nn_fully_connected_s4_dsp_params *p, const int8_t *input,
                                         const int32_t *weights, const int32_t *bias,
                                         const int32_t *multiplier, const uint8_t *shift, void *scratch,
                                         int8_t *output) {
    const int32_t words = (p->in_features + 7) / 8;
    uint32_t *const row = (uint32_t *)scratch;
    for (int32_t n = 0; n < p->rows; n++) {
        const int32_t *w = weights;
        widen(row, input, p->in_features);
        for (int32_t f = 0; f < p->out_features; f += 2) {
            /* The last of an odd number is computed twice. */
            const int32_t second = f + 1 < p->out_features ? 1 : 0;
            const int32_t *const w1 = w + second * words;
            const uint32_t *x = row;
            int32_t a = 0, b = 0;
            for (int32_t i = 0; i < words; i++) {
                a = add_eight(a, (uint32_t)w[i], x);
                b = add_eight(b, (uint32_t)w1[i], x);
                x += 4;
            }
            output[f] = nn_requantize_s8((a >> 4) + bias[f], multiplier[f], shift[f], p->out_zero_point,
                                         p->out_min, p->out_max);
            output[f + second] =
                nn_requantize_s8((b >> 4) + bias[f + second], multiplier[f + second], shift[f + second],
                                 p->out_zero_point, p->out_min, p->out_max);
            w += 2 * words;
        }
        input += p->in_features;
        output += p->out_features;
    }
}
