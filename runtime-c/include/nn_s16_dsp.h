/* What the layers on int16 values for the DSP extension share. */
#ifndef NN_S16_DSP_H
#define NN_S16_DSP_H

#include "nn_packed_dsp.h"
#include "nn_s16.h"

/* Tables of a layer, and what its results are; see nn_requantize. */
typedef struct {
    const NN_FLASH int32_t *bias;
    const NN_FLASH int32_t *multiplier;
    const NN_FLASH uint8_t *shift;
    int32_t zero_point, min, max, bytes;
} nn_results_s16;

static inline void nn_give_s16(const nn_results_s16 *r, int32_t sum, int32_t channel, int8_t *output) {
    const int32_t q =
        nn_requantize(sum, r->multiplier[channel], r->shift[channel], r->zero_point, r->min, r->max);
    nn_store_s16(output + channel * r->bytes, q, r->bytes);
}

/*
 * All channels of one or two windows (`two`, a literal, so each gets its own code), two channels at a time.
 *   a, b     windows of 4 * quads values
 *   weights  per channel and four values one word: weights 0, 2, 1, 3 from the low byte on
 *   to_a, to_b  where the first results go
 */
static inline void nn_multiply_s16_dsp(const int16_t *a, const int16_t *b, int two, int32_t quads,
                                       const NN_FLASH int32_t *weights, int32_t channels,
                                       const nn_results_s16 *r, int8_t *to_a, int8_t *to_b) {
    for (int32_t c = 0; c < channels; c += 2) {
        const int32_t next = c + 1 < channels ? c + 1 : c;
        const NN_FLASH int32_t *w0 = weights + c * quads;
        const NN_FLASH int32_t *w1 = weights + next * quads;
        const int16_t *x = a;
        const int16_t *y = b;
        int32_t a0 = r->bias[c], a1 = r->bias[next];
        int32_t b0 = a0, b1 = a1;
        for (int32_t i = quads; i > 0; i--) {
            const uint32_t u = (uint32_t)*w0++, v = (uint32_t)*w1++;
            const uint32_t u01 = nn_sxtb16(u), u23 = nn_sxtb16_odd(u);
            const uint32_t v01 = nn_sxtb16(v), v23 = nn_sxtb16_odd(v);
            const uint32_t x01 = nn_load_pair(x), x23 = nn_load_pair(x + 2);
            x += 4;
            a0 = nn_smlad(x23, u23, nn_smlad(x01, u01, a0));
            a1 = nn_smlad(x23, v23, nn_smlad(x01, v01, a1));
            if (two) {
                const uint32_t y01 = nn_load_pair(y), y23 = nn_load_pair(y + 2);
                y += 4;
                b0 = nn_smlad(y23, u23, nn_smlad(y01, u01, b0));
                b1 = nn_smlad(y23, v23, nn_smlad(y01, v01, b1));
            }
        }
        nn_give_s16(r, a0, c, to_a);
        if (next > c) {
            nn_give_s16(r, a1, next, to_a);
        }
        if (two) {
            nn_give_s16(r, b0, c, to_b);
            if (next > c) {
                nn_give_s16(r, b1, next, to_b);
            }
        }
    }
}

#endif
