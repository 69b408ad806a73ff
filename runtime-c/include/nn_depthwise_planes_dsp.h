/*
 * What the depthwise convolutions for the DSP extension share: the walk over channels and bands of rows.
 * Channels are widened to planes of int16 in scratch, columns after one another, so that one word holds two
 * rows of a column and two output rows come from the same loads:
 *
 *     plane[column][NN_PLANE_ROWS]      columns: pad_left, the image, padding on the right; padding =
 * in_zero_point
 *
 * A band of the image is in the planes at a time; the rows that the next band reads again are moved to the
 * start. A channel is read before its outputs are written, so the output may be the input where they have one
 * shape.
 */
#ifndef NN_DEPTHWISE_PLANES_DSP_H
#define NN_DEPTHWISE_PLANES_DSP_H

#include "nn_packed_dsp.h"

/* Even; the assembly counts on it. */
#define NN_PLANE_ROWS 16
#define NN_COLUMN_WORDS (NN_PLANE_ROWS / 2)

/*
 * Sizes in elements, steps in pixels. plane_columns: those that any window reads. lanes: channels that are
 * widened together, 4 or 1; scratch has a plane for each.
 */
typedef struct {
    int32_t batch, in_h, in_w, in_c, out_h, out_w, channel_multiplier;
    int32_t pad_top, pad_left, plane_columns, lanes;
    int32_t in_zero_point, out_zero_point, out_min, out_max;
} nn_depthwise_planes_params;

/* Rows of the kernel, with its dilation, and of the output in a band, an even number; words per output
 * channel. */
typedef struct {
    int32_t kernel_h, stride_h, band_rows, channel_words;
} nn_depthwise_shape;

/* Output channels of one band, each from the plane plane_bytes behind that of the one before. */
typedef struct {
    const uint32_t *plane;
    int32_t plane_bytes;
    const int32_t *weights;
    int8_t *output;
    int32_t rows, channels;
} nn_depthwise_band;

/* Pairs of rows of the image, `next` bytes apart, and the steps between pixels of either row; 0 in the
 * padding. */
typedef struct {
    const int8_t *a, *b;
    int32_t a_step, b_step, next;
    int32_t pairs, columns;
} nn_row_pairs;

/* One channel to the words of a plane. */
static __attribute__((noinline)) void nn_widen_channel(uint32_t *plane, const nn_row_pairs *rows) {
    const int32_t a_step = rows->a_step, b_step = rows->b_step;
    const int8_t *a_row = rows->a, *b_row = rows->b;
    for (int32_t pair = 0; pair < rows->pairs; pair++) {
        const int8_t *a = a_row, *b = b_row;
        uint32_t *word = plane + pair;
        int32_t columns = rows->columns;
        for (; columns >= 4; columns -= 4) {
            word[0] = nn_pack_low((uint32_t)a[0], (uint32_t)b[0]);
            word[NN_COLUMN_WORDS] = nn_pack_low((uint32_t)a[a_step], (uint32_t)b[b_step]);
            a += 2 * a_step;
            b += 2 * b_step;
            word[2 * NN_COLUMN_WORDS] = nn_pack_low((uint32_t)a[0], (uint32_t)b[0]);
            word[3 * NN_COLUMN_WORDS] = nn_pack_low((uint32_t)a[a_step], (uint32_t)b[b_step]);
            a += 2 * a_step;
            b += 2 * b_step;
            word += 4 * NN_COLUMN_WORDS;
        }
        for (; columns > 0; columns--) {
            *word = nn_pack_low((uint32_t)*a, (uint32_t)*b);
            a += a_step;
            b += b_step;
            word += NN_COLUMN_WORDS;
        }
        a_row += rows->next;
        b_row += rows->next;
    }
}

/* Four channels to the words of four planes: two columns at a time, behind an odd one. */
static __attribute__((noinline)) void nn_widen_channels(uint32_t *plane, int32_t plane_bytes,
                                                        const nn_row_pairs *rows) {
    const int8_t *a_row = rows->a, *b_row = rows->b;
    for (int32_t pair = 0; pair < rows->pairs; pair++) {
        const int8_t *a = a_row, *b = b_row;
        char *plane0 = (char *)(plane + pair);
        char *plane1 = plane0 + plane_bytes, *plane2 = plane1 + plane_bytes, *plane3 = plane2 + plane_bytes;
        int32_t columns = rows->columns;
        uint32_t x, y, low;
        /* clang-format off */
#define NN_WIDEN_COLUMN                         \
        "pkhbt %[low], %[x], %[y], lsl #16\n"   \
        "pkhtb %[y], %[y], %[x], asr #16\n"     \
        "sxtb16 %[x], %[low]\n"                 \
        "sxtb16 %[low], %[low], ror #8\n"       \
        "str %[x], [%[plane0]], %[column]\n"    \
        "str %[low], [%[plane1]], %[column]\n"  \
        "sxtb16 %[x], %[y]\n"                   \
        "sxtb16 %[y], %[y], ror #8\n"           \
        "str %[x], [%[plane2]], %[column]\n"    \
        "str %[y], [%[plane3]], %[column]\n"
        __asm__ volatile(
            "tst %[columns], #1\n"
            "beq 1f\n"
            "ldr %[x], [%[a]]\n"
            "ldr %[y], [%[b]]\n"
            "add %[a], %[a], %[a_step]\n"
            "add %[b], %[b], %[b_step]\n"
            NN_WIDEN_COLUMN
            "1: subs %[columns], %[columns], #2\n"
            "bmi 3f\n"
            "2: ldr %[x], [%[a]]\n"
            "ldr %[y], [%[b]]\n"
            NN_WIDEN_COLUMN
            "ldr %[x], [%[a], %[a_step]]\n"
            "ldr %[y], [%[b], %[b_step]]\n"
            "add %[a], %[a], %[a_step], lsl #1\n"
            "add %[b], %[b], %[b_step], lsl #1\n"
            NN_WIDEN_COLUMN
            "subs %[columns], %[columns], #2\n"
            "bpl 2b\n"
            "3:\n"
            : [a] "+&r"(a), [b] "+&r"(b), [columns] "+&r"(columns), [plane0] "+&r"(plane0), [plane1] "+&r"(plane1),
              [plane2] "+&r"(plane2), [plane3] "+&r"(plane3), [x] "=&r"(x), [y] "=&r"(y), [low] "=&r"(low)
            : [a_step] "r"(rows->a_step), [b_step] "r"(rows->b_step), [column] "i"(4 * NN_COLUMN_WORDS)
            : "cc", "memory");
#undef NN_WIDEN_COLUMN
        /* clang-format on */
        a_row += rows->next;
        b_row += rows->next;
    }
}

/* The rows from `from` words on become the first ones, in all columns of all planes. */
static __attribute__((noinline)) void nn_move_rows(uint32_t *plane, int32_t columns, int32_t from,
                                                   int32_t words) {
    for (; words > 0; words--) {
        uint32_t *to = plane++;
        int32_t i = columns;
        for (; i >= 4; i -= 4) {
            to[0] = to[from];
            to[NN_COLUMN_WORDS] = to[NN_COLUMN_WORDS + from];
            to[2 * NN_COLUMN_WORDS] = to[2 * NN_COLUMN_WORDS + from];
            to[3 * NN_COLUMN_WORDS] = to[3 * NN_COLUMN_WORDS + from];
            to += 4 * NN_COLUMN_WORDS;
        }
        for (; i > 0; i--) {
            *to = to[from];
            to += NN_COLUMN_WORDS;
        }
    }
}

static __attribute__((noinline)) void nn_clamp_all(int8_t *x, int32_t count, int32_t low, int32_t high) {
    const uint32_t lows = nn_splat_s8(low), highs = nn_splat_s8(high);
    for (; count >= 4; count -= 4) {
        nn_store_word(x, nn_min_s8x4(nn_max_s8x4(nn_load_word(x), lows), highs));
        x += 4;
    }
    for (; count > 0; count--) {
        *x = (int8_t)(*x < low ? low : *x > high ? high : *x);
        x++;
    }
}

/* Image rows y, y + 1 ... of `lanes` channels to `words` words of every column; rows outside are padding. */
static inline void nn_widen(const nn_depthwise_planes_params *p, const int8_t *input, int32_t lanes,
                            int32_t y, uint32_t *plane, int32_t words) {
    const uint32_t padding = (uint32_t)(p->in_zero_point & 255) * 0x01010101u;
    const int32_t row_bytes = p->in_w * p->in_c;
    nn_row_pairs rows;
    rows.next = 2 * row_bytes;
    rows.columns = p->in_w;
    for (; words > 0; words -= rows.pairs) {
        const int a_inside = y >= 0 && y < p->in_h, b_inside = y + 1 >= 0 && y + 1 < p->in_h;
        const int32_t inside = (p->in_h - y) / 2;
        rows.a = a_inside ? input + y * row_bytes : (const int8_t *)&padding;
        rows.b = b_inside ? input + (y + 1) * row_bytes : (const int8_t *)&padding;
        rows.a_step = a_inside ? p->in_c : 0;
        rows.b_step = b_inside ? p->in_c : 0;
        rows.pairs = !a_inside || !b_inside ? 1 : inside < words ? inside : words;
        if (lanes == 1) {
            nn_widen_channel(plane, &rows);
        } else {
            nn_widen_channels(plane, p->plane_columns * 4 * NN_COLUMN_WORDS, &rows);
        }
        plane += rows.pairs;
        y += 2 * rows.pairs;
    }
}

/* The bands of the channels of one or four planes. */
static inline __attribute__((always_inline)) void
nn_depthwise_bands(const nn_depthwise_planes_params *p, nn_depthwise_shape shape, const int8_t *input,
                   int32_t lanes, const int32_t *weights, uint32_t *planes, int8_t *output,
                   void (*convolve)(const void *context, const nn_depthwise_band *band),
                   const void *context) {
    const int32_t row_bytes = p->out_w * p->in_c * p->channel_multiplier;
    const int32_t plane_bytes = p->plane_columns * 4 * NN_COLUMN_WORDS;
    uint32_t *const image = planes + p->pad_left * NN_COLUMN_WORDS;
    nn_depthwise_band band;
    int32_t filled = 0; /* words of a column */
    int32_t y = -p->pad_top;
    for (int32_t left = p->out_h; left > 0; left -= shape.band_rows) {
        band.rows = left < shape.band_rows ? left : shape.band_rows;
        const int32_t words = ((band.rows - 1) * shape.stride_h + shape.kernel_h + 1) / 2;
        nn_widen(p, input, lanes, y, image + filled, words - filled);
        y += 2 * (words - filled);
        band.plane = planes;
        band.weights = weights;
        band.output = output;
        if (p->channel_multiplier == 1) {
            band.plane_bytes = plane_bytes;
            band.channels = lanes;
            convolve(context, &band);
        } else {
            band.plane_bytes = 0;
            band.channels = p->channel_multiplier;
            for (int32_t lane = 0; lane < lanes; lane++) {
                convolve(context, &band);
                band.plane += p->plane_columns * NN_COLUMN_WORDS;
                band.weights += p->channel_multiplier * shape.channel_words;
                band.output += p->channel_multiplier;
            }
        }
        filled = 0;
        if (left > shape.band_rows) {
            const int32_t used = shape.band_rows * shape.stride_h / 2;
            if (words > used) {
                filled = words - used;
                nn_move_rows(planes, lanes * p->plane_columns, used, filled);
            } else {
                y += 2 * (used - words);
            }
        }
        output += shape.band_rows * row_bytes;
    }
}

static inline __attribute__((always_inline)) void
nn_depthwise_planes(const nn_depthwise_planes_params *p, nn_depthwise_shape shape, const int8_t *input,
                    const int32_t *weights, uint32_t *planes, int8_t *output,
                    void (*convolve)(const void *context, const nn_depthwise_band *band),
                    const void *context) {
    const int32_t out_bytes = p->out_h * p->out_w * p->in_c * p->channel_multiplier;
    const uint32_t padding = (uint32_t)(p->in_zero_point & 0xffff) * 0x00010001u;
    uint32_t *column = planes;
    for (int32_t columns = p->lanes * p->plane_columns; columns > 0; columns--) {
        for (int32_t i = 0; i < NN_COLUMN_WORDS; i += 4) {
            column[0] = padding;
            column[1] = padding;
            column[2] = padding;
            column[3] = padding;
            column += 4;
        }
    }
    for (int32_t n = 0; n < p->batch; n++) {
        const int32_t *w = weights;
        int32_t lanes;
        for (int32_t c = 0; c < p->in_c; c += lanes) {
            lanes = p->in_c - c < p->lanes ? 1 : p->lanes;
            nn_depthwise_bands(p, shape, input + c, lanes, w, planes, output + c * p->channel_multiplier,
                               convolve, context);
            w += lanes * p->channel_multiplier * shape.channel_words;
        }
        if (p->out_min > -128 || p->out_max < 127) {
            nn_clamp_all(output, out_bytes, p->out_min, p->out_max);
        }
        input += p->in_h * p->in_w * p->in_c;
        output += out_bytes;
    }
}

#endif
