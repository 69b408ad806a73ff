#include "nn_add_s8_dsp.h"

#include "nn_strided.h"

/* What a row takes of the parameters, in registers. */
typedef struct {
    int32_t a_multiplier, b_multiplier, addend, shift;
    uint32_t high_bytes; /* 0xff00ff00 */
} terms;

static inline uint32_t add_two(const terms *t, uint32_t x, uint32_t y) {
    const int32_t low = nn_smlawb(t->b_multiplier, y, nn_smlawb(t->a_multiplier, x, t->addend));
    const int32_t high = nn_smlawt(t->b_multiplier, y, nn_smlawt(t->a_multiplier, x, t->addend));
    return nn_ssat16_8(nn_pack_low((uint32_t)(low >> t->shift), (uint32_t)(high >> t->shift)));
}

/*
 * An int8 in the high byte of a half word and a multiplier times 2^8 have a product that ends in 16 zeros:
 * SMLAWB and SMLAWT add it exactly, and one AND extracts two elements.
 */
static inline uint32_t add_four(const terms *t, uint32_t x, uint32_t y) {
    const uint32_t even = add_two(t, (x << 8) & t->high_bytes, (y << 8) & t->high_bytes);
    const uint32_t odd = add_two(t, x & t->high_bytes, y & t->high_bytes);
    return nn_interleave_s8(even, odd);
}

/* A row of the output; where an operand does not move along it, its step is 0 and x or y its value four
 * times. */
static void add_row(const nn_add_s8_dsp_params *p, const int8_t *x, const int8_t *y, int8_t *output) {
    const uint32_t x_splat = nn_splat_s8(*x), y_splat = nn_splat_s8(*y);
    const int32_t x_step = p->a_stride[5], y_step = p->b_stride[5];
    const int clamped = p->out_min > -128 || p->out_max < 127;
    const uint32_t lowest = nn_splat_s8(p->out_min), highest = nn_splat_s8(p->out_max);
    terms t = {p->a_multiplier, p->b_multiplier, p->addend, p->shift, 0xff00ff00u};
    __asm__("" : "+r"(t.high_bytes)); /* in a register: an AND with a shifted operand takes no immediate */
    int32_t count = p->shape[5];
    if (x_step && y_step && !clamped) {
        for (; count >= 4; count -= 4) {
            nn_store_word(output, add_four(&t, nn_load_word(x), nn_load_word(y)));
            x += 4;
            y += 4;
            output += 4;
        }
    } else if (count >= 4) {
        x = x_step ? x : (const int8_t *)&x_splat;
        y = y_step ? y : (const int8_t *)&y_splat;
        for (; count >= 4; count -= 4) {
            const uint32_t q = add_four(&t, nn_load_word(x), nn_load_word(y));
            nn_store_word(output, nn_min_s8x4(nn_max_s8x4(q, lowest), highest));
            x += 4 * x_step;
            y += 4 * y_step;
            output += 4;
        }
    }
    for (; count > 0; count--) {
        const uint32_t q = add_four(&t, (uint32_t)*x, (uint32_t)*y);
        *output++ = (int8_t)nn_min_s8x4(nn_max_s8x4(q, lowest), highest);
        x += x_step;
        y += y_step;
    }
}

NN_KERNEL void nn_add_s8_dsp(const nn_add_s8_dsp_params *p, const int8_t *a, const int8_t *b,
                             int8_t *output) {
    int32_t index[5] = {0, 0, 0, 0, 0};
    do {
        add_row(p, a + nn_row_offset(index, p->a_stride), b + nn_row_offset(index, p->b_stride), output);
        output += p->shape[5];
    } while (nn_next_row(p->shape, index));
}
