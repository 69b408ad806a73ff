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

#include <string.h>

#include "nn_common.h"

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

/*
 * The addend of SMMLA in the requantisation of three instructions, SMMLA, SSAT #8 with ASR #shift, STRB: half
 * of the last place and the zero point. It equals nn_requantize_s8 with a shift of `shift` + 32, as the low
 * word of the product cannot matter.
 */
static inline int32_t nn_rounding(int32_t zero_point, int32_t shift) {
    return ((int32_t)1 << (shift - 1)) + zero_point * ((int32_t)1 << shift);
}

static inline uint32_t nn_sxtb16(uint32_t x) {
    uint32_t widened;
    __asm__("sxtb16 %0, %1" : "=r"(widened) : "r"(x));
    return widened;
}

static inline uint32_t nn_sxtb16_odd(uint32_t x) {
    uint32_t widened;
    __asm__("sxtb16 %0, %1, ror #8" : "=r"(widened) : "r"(x));
    return widened;
}

static inline uint32_t nn_pack_low(uint32_t low, uint32_t high) {
    uint32_t packed;
    __asm__("pkhbt %0, %1, %2, lsl #16" : "=r"(packed) : "r"(low), "r"(high));
    return packed;
}

static inline uint32_t nn_pack_high(uint32_t low, uint32_t high) {
    uint32_t packed;
    __asm__("pkhtb %0, %1, %2, asr #16" : "=r"(packed) : "r"(high), "r"(low));
    return packed;
}

static inline uint32_t nn_load_word(const int8_t *x) {
    uint32_t word;
    memcpy(&word, x, sizeof word);
    return word;
}

/* A row of the image and the step between its pixels; 0 for a row of padding. */
typedef struct {
    const int8_t *pixel;
    int32_t step;
} nn_image_row;

/* Two rows of one channel to the words of a plane. */
static __attribute__((noinline)) void nn_widen_channel(uint32_t *plane, nn_image_row a, nn_image_row b,
                                                       int32_t columns) {
    for (; columns >= 2; columns -= 2) {
        plane[0] = nn_pack_low((uint32_t)a.pixel[0], (uint32_t)b.pixel[0]);
        plane[NN_COLUMN_WORDS] = nn_pack_low((uint32_t)a.pixel[a.step], (uint32_t)b.pixel[b.step]);
        a.pixel += 2 * a.step;
        b.pixel += 2 * b.step;
        plane += 2 * NN_COLUMN_WORDS;
    }
    if (columns > 0) {
        *plane = nn_pack_low((uint32_t)*a.pixel, (uint32_t)*b.pixel);
    }
}

/* Two rows of four channels to the words of four planes. */
static __attribute__((noinline)) void nn_widen_channels(uint32_t *plane, int32_t plane_bytes, nn_image_row a,
                                                        nn_image_row b, int32_t columns) {
    uint32_t *last = plane + 3 * (plane_bytes / 4);
    for (; columns > 0; columns--) {
        const uint32_t x = nn_load_word(a.pixel);
        const uint32_t y = nn_load_word(b.pixel);
        const uint32_t x02 = nn_sxtb16(x), x13 = nn_sxtb16_odd(x);
        const uint32_t y02 = nn_sxtb16(y), y13 = nn_sxtb16_odd(y);
        a.pixel += a.step;
        b.pixel += b.step;
        *(uint32_t *)((char *)plane + plane_bytes) = nn_pack_low(x13, y13);
        *(uint32_t *)((char *)plane + 2 * plane_bytes) = nn_pack_high(x02, y02);
        *plane = nn_pack_low(x02, y02);
        *last = nn_pack_high(x13, y13);
        plane += NN_COLUMN_WORDS;
        last += NN_COLUMN_WORDS;
    }
}

/* The rows from `from` words on become the first ones, in all columns of all planes. */
static __attribute__((noinline)) void nn_move_rows(uint32_t *plane, int32_t columns, int32_t from,
                                                   int32_t words) {
    for (; columns > 0; columns--) {
        for (int32_t i = 0; i < words; i++) {
            plane[i] = plane[from + i];
        }
        plane += NN_COLUMN_WORDS;
    }
}

static __attribute__((noinline)) void nn_clamp_all(int8_t *x, int32_t count, int32_t low, int32_t high) {
    for (; count > 0; count--) {
        *x = (int8_t)(*x < low ? low : *x > high ? high : *x);
        x++;
    }
}

static inline nn_image_row nn_row(const nn_depthwise_planes_params *p, const int8_t *channel,
                                  const uint32_t *padding, int32_t y) {
    const int inside = y >= 0 && y < p->in_h;
    nn_image_row row;
    row.pixel = inside ? channel + y * p->in_w * p->in_c : (const int8_t *)padding;
    row.step = inside ? p->in_c : 0;
    return row;
}

/* The bands of the channels of one or four planes. */
static inline __attribute__((always_inline)) void
nn_depthwise_bands(const nn_depthwise_planes_params *p, nn_depthwise_shape shape, const int8_t *input,
                   int32_t lanes, const int32_t *weights, uint32_t *planes, int8_t *output,
                   void (*convolve)(const nn_depthwise_planes_params *p, const nn_depthwise_band *band)) {
    const uint32_t padding = (uint32_t)(p->in_zero_point & 255) * 0x01010101u;
    const int32_t row_bytes = p->out_w * p->in_c * p->channel_multiplier;
    const int32_t plane_bytes = p->plane_columns * 4 * NN_COLUMN_WORDS;
    uint32_t *const image = planes + p->pad_left * NN_COLUMN_WORDS;
    nn_depthwise_band band;
    int32_t filled = 0; /* words of a column */
    int32_t y = -p->pad_top;
    for (int32_t left = p->out_h; left > 0; left -= shape.band_rows) {
        band.rows = left < shape.band_rows ? left : shape.band_rows;
        const int32_t words = ((band.rows - 1) * shape.stride_h + shape.kernel_h + 1) / 2;
        for (; filled < words; filled++) {
            const nn_image_row a = nn_row(p, input, &padding, y);
            const nn_image_row b = nn_row(p, input, &padding, y + 1);
            if (lanes == 1) {
                nn_widen_channel(image + filled, a, b, p->in_w);
            } else {
                nn_widen_channels(image + filled, plane_bytes, a, b, p->in_w);
            }
            y += 2;
        }
        band.plane = planes;
        band.weights = weights;
        band.output = output;
        if (p->channel_multiplier == 1) {
            band.plane_bytes = plane_bytes;
            band.channels = lanes;
            convolve(p, &band);
        } else {
            band.plane_bytes = 0;
            band.channels = p->channel_multiplier;
            for (int32_t lane = 0; lane < lanes; lane++) {
                convolve(p, &band);
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
                    void (*convolve)(const nn_depthwise_planes_params *p, const nn_depthwise_band *band)) {
    const int32_t out_bytes = p->out_h * p->out_w * p->in_c * p->channel_multiplier;
    for (int32_t i = 0; i < p->lanes * p->plane_columns * NN_COLUMN_WORDS; i++) {
        planes[i] = (uint32_t)(p->in_zero_point & 0xffff) * 0x00010001u;
    }
    for (int32_t n = 0; n < p->batch; n++) {
        const int32_t *w = weights;
        int32_t lanes;
        for (int32_t c = 0; c < p->in_c; c += lanes) {
            lanes = p->in_c - c < p->lanes ? 1 : p->lanes;
            nn_depthwise_bands(p, shape, input + c, lanes, w, planes, output + c * p->channel_multiplier,
                               convolve);
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
