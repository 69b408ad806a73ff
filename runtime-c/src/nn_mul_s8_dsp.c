#include "nn_mul_s8_dsp.h"

#include "nn_strided.h"

/* What a row takes of the parameters, in registers. */
typedef struct {
    uint32_t a_zero, b_zero;
    int32_t multiplier, rounding, shift;
} terms;

/* Fits int16. */
static inline uint32_t scaled(const terms *t, int32_t product) {
    return (uint32_t)(nn_smmla(product, t->multiplier, t->rounding) >> t->shift);
}

static inline uint32_t mul_two(const terms *t, uint32_t x, uint32_t y) {
    const uint32_t low = scaled(t, (int16_t)x * (int16_t)y);
    const uint32_t high = scaled(t, ((int32_t)x >> 16) * ((int32_t)y >> 16));
    return nn_ssat16_8(nn_pack_low(low, high));
}

static inline uint32_t mul_four(const terms *t, uint32_t x, uint32_t y) {
    const uint32_t even = mul_two(t, nn_sxtab16(t->a_zero, x), nn_sxtab16(t->b_zero, y));
    const uint32_t odd = mul_two(t, nn_sxtab16_odd(t->a_zero, x), nn_sxtab16_odd(t->b_zero, y));
    return nn_interleave_s8(even, odd);
}

/* A row of the output; where an operand does not move along it, its step is 0 and x or y its value four
 * times. */
static void mul_row(const nn_mul_s8_dsp_params *p, const int8_t *x, const int8_t *y, int8_t *output) {
    const uint32_t x_splat = nn_splat_s8(*x), y_splat = nn_splat_s8(*y);
    const int32_t x_step = p->a_stride[5], y_step = p->b_stride[5];
    const int clamped = p->out_min > -128 || p->out_max < 127;
    const uint32_t lowest = nn_splat_s8(p->out_min), highest = nn_splat_s8(p->out_max);
    const terms t = {(uint32_t)p->a_zero, (uint32_t)p->b_zero, p->multiplier, p->rounding, p->shift};
    int32_t count = p->shape[5];
    if (x_step && y_step && !clamped) {
        for (; count >= 4; count -= 4) {
            nn_store_word(output, mul_four(&t, nn_load_word(x), nn_load_word(y)));
            x += 4;
            y += 4;
            output += 4;
        }
    } else if (count >= 4) {
        x = x_step ? x : (const int8_t *)&x_splat;
        y = y_step ? y : (const int8_t *)&y_splat;
        for (; count >= 4; count -= 4) {
            const uint32_t q = mul_four(&t, nn_load_word(x), nn_load_word(y));
            nn_store_word(output, nn_min_s8x4(nn_max_s8x4(q, lowest), highest));
            x += 4 * x_step;
            y += 4 * y_step;
            output += 4;
        }
    }
    for (; count > 0; count--) {
        const uint32_t q = mul_four(&t, (uint32_t)*x, (uint32_t)*y);
        *output++ = (int8_t)nn_min_s8x4(nn_max_s8x4(q, lowest), highest);
        x += x_step;
        y += y_step;
    }
}

NN_KERNEL void nn_mul_s8_dsp(const nn_mul_s8_dsp_params *p, const int8_t *a, const int8_t *b,
                             int8_t *output) {
    int32_t index[5] = {0, 0, 0, 0, 0};
    do {
        mul_row(p, a + nn_row_offset(index, p->a_stride), b + nn_row_offset(index, p->b_stride), output);
        output += p->shape[5];
    } while (nn_next_row(p->shape, index));
}
