/*
 * What the depthwise convolutions for the DSP extension share: the walk over channels and bands of rows. Every
 * input channel is widened to a plane of int16 in scratch, columns after one another, so that one word holds two
 * rows of a column and two output rows come from the same loads:
 *
 *     plane[column][PLANE_ROWS]      columns: pad_left, the image, padding on the right; padding = in_zero_point
 *
 * A band of the image is in the plane at a time; the rows that the next band reads again are moved to its start. As
 * a channel is read before its outputs are written, the output may be the input where they have one shape.
 */
#ifndef NN_DEPTHWISE_PLANES_DSP_H
#define NN_DEPTHWISE_PLANES_DSP_H

#include "nn_common.h"

/* Sizes in elements, steps in pixels. plane_columns: those that any window reads. */
typedef struct {
    int32_t batch, in_h, in_w, in_c, out_h, out_w, channel_multiplier;
    int32_t pad_top, pad_left, plane_columns;
    int32_t in_zero_point, out_zero_point, out_min, out_max;
} nn_depthwise_planes_params;

/* The shape of planes and bands: literals, so each kernel gets its own code. */
typedef struct {
    int32_t plane_rows, band_rows;    /* rows of a column; output rows of a band, even */
    int32_t kernel_h, stride_h;       /* of the rows, kernel_h with its dilation */
    int32_t channel_words;            /* of `weights` per output channel */
} nn_depthwise_band_shape;

/* One output channel of one band. */
typedef struct {
    const int16_t *plane;
    const uint32_t *weights;
    int8_t *output;
    int32_t rows, columns;
    int32_t pixel_bytes, row_bytes; /* steps of the output */
} nn_depthwise_band;

static inline uint32_t nn_pack_s16(int32_t low, int32_t high) {
    uint32_t packed;
    __asm__("pkhbt %0, %1, %2, lsl #16" : "=r"(packed) : "r"(low), "r"(high));
    return packed;
}

/*
 * The addend of SMMLA in the requantisation of three instructions, SMMLA, SSAT #8 with ASR #shift, STRB: half of the
 * last place and the zero point. It equals nn_requantize_s8 with a shift of `shift` + 32, as the low word of the
 * product cannot matter.
 */
static inline int32_t nn_rounding(int32_t zero_point, int32_t shift) {
    return ((int32_t)1 << (shift - 1)) + zero_point * ((int32_t)1 << shift);
}

/* One row of the image, or with pixel_bytes = 0 of one value, to one row of the plane. */
static inline void nn_widen_row(int16_t *plane, int32_t plane_rows, const int8_t *x, int32_t pixel_bytes,
                                int32_t columns) {
    for (; columns > 0; columns--) {
        *plane = *x;
        plane += plane_rows;
        x += pixel_bytes;
    }
}

/* Two neighbouring rows, the first an even one of the plane. */
static inline void nn_widen_two_rows(int16_t *plane, int32_t plane_rows, const int8_t *x, int32_t pixel_bytes,
                                     int32_t row_bytes, int32_t columns) {
    uint32_t *word = (uint32_t *)(void *)plane;
    const int8_t *y = x + row_bytes;
    const int32_t step = plane_rows / 2;
    for (; columns >= 4; columns -= 4) {
        word[0] = nn_pack_s16(x[0], y[0]);
        word[step] = nn_pack_s16(x[pixel_bytes], y[pixel_bytes]);
        x += 2 * pixel_bytes;
        y += 2 * pixel_bytes;
        word[2 * step] = nn_pack_s16(x[0], y[0]);
        word[3 * step] = nn_pack_s16(x[pixel_bytes], y[pixel_bytes]);
        x += 2 * pixel_bytes;
        y += 2 * pixel_bytes;
        word += 4 * step;
    }
    for (; columns > 0; columns--) {
        *word = nn_pack_s16(*x, *y);
        x += pixel_bytes;
        y += pixel_bytes;
        word += step;
    }
}

/* Image rows [y, y + rows) of a channel to the plane's rows from `row` on. */
static inline void nn_widen_rows(const nn_depthwise_planes_params *p, int32_t plane_rows, int16_t *plane, int32_t row,
                                 const int8_t *channel, int32_t y, int32_t rows) {
    const int8_t padding = (int8_t)p->in_zero_point;
    const int32_t row_bytes = p->in_w * p->in_c;
    const int32_t end = row + rows;
    plane += p->pad_left * plane_rows;
    while (row < end) {
        if (row % 2 == 0 && end - row >= 2 && y >= 0 && y + 1 < p->in_h) {
            nn_widen_two_rows(plane + row, plane_rows, channel + y * row_bytes, p->in_c, row_bytes, p->in_w);
            row += 2;
            y += 2;
        } else {
            const int inside = y >= 0 && y < p->in_h;
            nn_widen_row(plane + row, plane_rows, inside ? channel + y * row_bytes : &padding, inside ? p->in_c : 0,
                         p->in_w);
            row++;
            y++;
        }
    }
}

/* The rows from `from` on become the first ones. */
static inline void nn_move_rows(const nn_depthwise_planes_params *p, int32_t plane_rows, int16_t *plane, int32_t from,
                                int32_t rows) {
    plane += p->pad_left * plane_rows;
    for (int32_t column = 0; column < p->in_w; column++) {
        for (int32_t row = 0; row < rows; row++) {
            plane[row] = plane[from + row];
        }
        plane += plane_rows;
    }
}

/* clamp(x, low, high) of every byte, four at a time. */
static inline void nn_clamp_bytes(int8_t *x, int32_t count, int32_t low, int32_t high) {
    for (; count > 0; count--) {
        *x = (int8_t)(*x < low ? low : *x > high ? high : *x);
        x++;
    }
}

static inline __attribute__((always_inline)) void
nn_depthwise_planes(const nn_depthwise_planes_params *p, nn_depthwise_band_shape shape, const int8_t *input,
                    const uint32_t *weights, int16_t *plane, int8_t *output,
                    void (*convolve)(const void *context, const nn_depthwise_band *band), const void *context) {
    const int32_t out_c = p->in_c * p->channel_multiplier;
    const int32_t out_bytes = p->out_h * p->out_w * out_c;
    nn_depthwise_band band;
    band.plane = plane;
    band.columns = p->out_w;
    band.pixel_bytes = out_c;
    band.row_bytes = p->out_w * out_c;
    for (int32_t i = 0; i < p->plane_columns * shape.plane_rows; i++) {
        plane[i] = (int16_t)p->in_zero_point;
    }
    for (int32_t n = 0; n < p->batch; n++) {
        const uint32_t *w = weights;
        for (int32_t ic = 0; ic < p->in_c; ic++) {
            const int32_t kept = shape.kernel_h > shape.stride_h ? shape.kernel_h - shape.stride_h : 0;
            int32_t filled = 0;
            for (int32_t oy = 0; oy < p->out_h; oy += band.rows) {
                band.rows = p->out_h - oy < shape.band_rows ? p->out_h - oy : shape.band_rows;
                const int32_t needed = (band.rows - 1) * shape.stride_h + shape.kernel_h;
                nn_widen_rows(p, shape.plane_rows, plane, filled, input + ic,
                              oy * shape.stride_h - p->pad_top + filled, needed - filled);
                for (int32_t m = 0; m < p->channel_multiplier; m++) {
                    const int32_t oc = ic * p->channel_multiplier + m;
                    band.weights = w + m * shape.channel_words;
                    band.output = output + oy * band.row_bytes + oc;
                    convolve(context, &band);
                }
                nn_move_rows(p, shape.plane_rows, plane, band.rows * shape.stride_h, kept);
                filled = kept;
            }
            w += p->channel_multiplier * shape.channel_words;
        }
        if (p->out_min > -128 || p->out_max < 127) {
            nn_clamp_bytes(output, out_bytes, p->out_min, p->out_max);
        }
        input += p->in_h * p->in_w * p->in_c;
        output += out_bytes;
    }
}

#endif
