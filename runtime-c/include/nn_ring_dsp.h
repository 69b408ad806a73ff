/*
 * A ring of the input rows under the kernel of a convolution, widened to int16 for two pixels of the output
 * at a time: per pair of values one word for the first pixel, whose column is even, and one for the second.
 * So the first pixel of a row finds its values from place 0 on, two places per value, and the second,
 * stride_w columns further, in the words between.
 */
#ifndef NN_RING_DSP_H
#define NN_RING_DSP_H

#include "nn_packed_dsp.h"

typedef struct {
    int32_t in_h, in_w, in_c, stride_w, pad_left;
    int32_t zero_point;
    int32_t
        columns; /* of the input that the first pixels read, counted from the first tap of the first one */
    int32_t row_words; /* of one pixel, of one row */
    int32_t slots;     /* rows: all that lie under the kernel, with those between dilated ones */
    int16_t *rows;
    int32_t next, slot; /* the row of the input to widen next, and where it goes */
} nn_ring;

/* Two words to either place, which move on. */
static inline void nn_ring_put(int16_t **to, int16_t **also_to, uint32_t first, uint32_t second) {
    __asm__ volatile("str %2, [%0], #8\n"
                     "str %3, [%0], #8\n"
                     "str %2, [%1], #8\n"
                     "str %3, [%1], #8\n"
                     : "+&r"(*to), "+&r"(*also_to)
                     : "r"(first), "r"(second)
                     : "memory");
}

/* Four values at a time, lanes 0 and 2 before 1 and 3, to two places; both may be the same. */
static inline void nn_ring_put_four(int16_t **to, int16_t **also_to, uint32_t word) {
    nn_ring_put(to, also_to, nn_sxtb16(word), nn_sxtb16_odd(word));
}

static __attribute__((noinline)) void nn_ring_widen_fours(int16_t *to, int16_t *also_to, const int8_t *from,
                                                          int32_t count) {
    for (; count >= 8; count -= 8) {
        const uint32_t word = nn_load_word(from);
        const uint32_t next = nn_load_word(from + 4);
        nn_ring_put_four(&to, &also_to, word);
        nn_ring_put_four(&to, &also_to, next);
        from += 8;
    }
    if (count > 0) {
        nn_ring_put_four(&to, &also_to, nn_load_word(from));
    }
}

/* Values number `at` and on of one pixel, in order. */
static __attribute__((noinline)) void nn_ring_widen_ones(int16_t *row, int32_t at, const int8_t *from,
                                                         int32_t count) {
    int16_t *to = row + 2 * at;
    if ((at & 1) != 0 && count > 0) {
        to[-1] = *from++;
        to += 2;
        count--;
    }
    for (; count >= 4; count -= 4) {
        const uint32_t word = nn_load_word(from);
        const uint32_t even = nn_sxtb16(word);
        const uint32_t odd = nn_sxtb16_odd(word);
        nn_store_pair(to, nn_pack_low(even, odd));
        nn_store_pair(to + 4, nn_pack_high(even, odd));
        to += 8;
        from += 4;
    }
    for (; count >= 2; count -= 2) {
        nn_store_pair(to, nn_pair(from[0], from[1]));
        to += 4;
        from += 2;
    }
    if (count > 0) {
        *to = *from;
    }
}

/* Values number `at` and on of the first pixel, which are also_at and on of the second; both numbers odd, or
 * both even. */
static __attribute__((noinline)) void nn_ring_widen_both(int16_t *row, int32_t at, int32_t also_at,
                                                         const int8_t *from, int32_t count) {
    int16_t *to = row + 2 * at;
    int16_t *also_to = row + 2 + 2 * also_at;
    if ((at & 1) != 0 && count > 0) {
        to[-1] = also_to[-1] = *from++;
        to += 2;
        also_to += 2;
        count--;
    }
    for (; count >= 8; count -= 8) {
        for (int32_t half = 0; half < 8; half += 4) {
            const uint32_t word = nn_load_word(from + half);
            const uint32_t even = nn_sxtb16(word);
            const uint32_t odd = nn_sxtb16_odd(word);
            nn_ring_put(&to, &also_to, nn_pack_low(even, odd), nn_pack_high(even, odd));
        }
        from += 8;
    }
    for (; count >= 2; count -= 2) {
        const uint32_t pair = nn_pair(from[0], from[1]);
        nn_store_pair(to, pair);
        nn_store_pair(also_to, pair);
        to += 4;
        also_to += 4;
        from += 2;
    }
    if (count > 0) {
        *to = *also_to = *from;
    }
}

static inline int32_t nn_ring_clip(int32_t x, int32_t low, int32_t high) {
    return x < low ? low : x > high ? high : x;
}

/* A row of the input into a row of the ring. What lies under the second pixel comes stride_w columns earlier.
 */
static void nn_ring_widen(const nn_ring *ring, int16_t *row, const int8_t *from) {
    const int32_t shift = ring->pad_left - ring->stride_w;
    const int32_t first_end = nn_ring_clip(ring->columns - ring->pad_left, 0, ring->in_w);
    const int32_t second_begin = nn_ring_clip(-shift, 0, ring->in_w);
    const int32_t second_end = nn_ring_clip(ring->columns - shift, second_begin, ring->in_w);
    const int32_t c = ring->in_c;
    int16_t *const second = row + 2;
    /* Columns under both pixels are read once, those on either side go to the same place twice. */
    const int32_t both = second_begin < first_end ? second_begin : first_end;
    const int32_t rest = second_begin > first_end ? second_begin : first_end;
    if (c % 4 == 0) {
        int16_t *const first_at = row + 2 * ring->pad_left * c;
        int16_t *const second_at = second + 2 * shift * c;
        nn_ring_widen_fours(first_at, first_at, from, both * c);
        if (second_begin < first_end) {
            nn_ring_widen_fours(first_at + 2 * both * c, second_at + 2 * both * c, from + both * c,
                                (first_end - both) * c);
        }
        nn_ring_widen_fours(second_at + 2 * rest * c, second_at + 2 * rest * c, from + rest * c,
                            (second_end - rest) * c);
        return;
    }
    const int32_t at = ring->pad_left * c;
    const int32_t also_at = shift * c;
    if (((at - also_at) & 1) != 0) {
        nn_ring_widen_ones(row, at, from, first_end * c);
        nn_ring_widen_ones(second, also_at + second_begin * c, from + second_begin * c,
                           (second_end - second_begin) * c);
        return;
    }
    nn_ring_widen_ones(row, at, from, both * c);
    if (second_begin < first_end) {
        nn_ring_widen_both(row, at + both * c, also_at + both * c, from + both * c, (first_end - both) * c);
    }
    nn_ring_widen_ones(second, also_at + rest * c, from + rest * c, (second_end - rest) * c);
}

static inline void nn_ring_fill(int16_t *row, int32_t words, int32_t value) {
    const uint32_t pair = nn_pair(value, value);
    for (; words > 0; words--) {
        nn_store_pair(row, pair);
        row += 2;
    }
}

/* Before the first row of an image, `top` rows from its start. */
static inline void nn_ring_start(nn_ring *ring, int32_t top) {
    nn_ring_fill(ring->rows, ring->slots * ring->row_words, ring->zero_point);
    ring->next = top;
    ring->slot = 0;
}

/* Widens the rows from `top` on; no row again. */
static inline void nn_ring_move(nn_ring *ring, const int8_t *image, int32_t top) {
    for (; ring->next < top + ring->slots; ring->next++) {
        int16_t *const row = ring->rows + 2 * ring->slot * ring->row_words;
        if (ring->next >= 0 && ring->next < ring->in_h) {
            if (ring->next >= top) {
                nn_ring_widen(ring, row, image + ring->next * ring->in_w * ring->in_c);
            }
        } else if (ring->next >= ring->in_h) {
            nn_ring_fill(row, ring->row_words, ring->zero_point);
        }
        ring->slot = ring->slot + 1 < ring->slots ? ring->slot + 1 : 0;
    }
}

/* The row `below` rows under the first one of the kernel. */
static inline int16_t *nn_ring_row(const nn_ring *ring, int32_t below) {
    const int32_t slot = ring->slot + below;
    return ring->rows + 2 * (slot < ring->slots ? slot : slot - ring->slots) * ring->row_words;
}

#endif
