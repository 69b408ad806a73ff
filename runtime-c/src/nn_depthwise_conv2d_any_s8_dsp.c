#include "nn_depthwise_conv2d_any_s8_dsp.h"

static inline int32_t smlad(uint32_t x, int32_t w, int32_t acc) {
    int32_t sum;
    __asm__("smlad %0, %1, %2, %3" : "=r"(sum) : "r"(x), "r"(w), "r"(acc));
    return sum;
}

static inline int8_t requantize(int32_t acc, int32_t multiplier, int32_t rounding, int32_t shift) {
    return (int8_t)nn_ssat8(nn_smmla(acc, multiplier, rounding) >> shift);
}

/* What the output pixels of one channel share. */
typedef struct {
    const int32_t *weights;
    int32_t rounding;
} output_channel;

/*
 * A block of 2x2 output pixels, x the first word that it reads. Where there is no right column or no lower
 * row, its step is 0: what would lie there is stored first and overwritten.
 */
static void convolve_block(const nn_depthwise_conv2d_any_s8_dsp_params *p, const output_channel *channel,
                           const uint32_t *x, int8_t *output, int32_t pixel_bytes, int32_t row_bytes) {
    const int32_t right = pixel_bytes ? p->stride_w * NN_COLUMN_WORDS : 0;
    const int32_t next_column = p->dilation_w * NN_COLUMN_WORDS;
    const int32_t *w = channel->weights;
    const int32_t *const end = w + 2 * p->pair_words * p->kernel_w;
    int32_t acc0 = end[0], acc1 = acc0, acc2 = acc0, acc3 = acc0;
    while (w < end) {
        const int32_t *const column_end = w + 2 * p->pair_words;
        const uint32_t *y = x;
        do {
            const uint32_t a = y[0], b = y[right];
            const int32_t upper = w[0], lower = w[1];
            acc0 = smlad(a, upper, acc0);
            acc1 = smlad(b, upper, acc1);
            acc2 = smlad(a, lower, acc2);
            acc3 = smlad(b, lower, acc3);
            w += 2;
            y++;
        } while (w < column_end);
        x += next_column;
    }
    output[row_bytes + pixel_bytes] = requantize(acc3, end[1], channel->rounding, p->shift);
    output[row_bytes] = requantize(acc2, end[1], channel->rounding, p->shift);
    output[pixel_bytes] = requantize(acc1, end[1], channel->rounding, p->shift);
    output[0] = requantize(acc0, end[1], channel->rounding, p->shift);
}

static void convolve(const void *context, const nn_depthwise_band *band) {
    const nn_depthwise_conv2d_any_s8_dsp_params *p = context;
    const int32_t pixel_bytes = p->in_c * p->channel_multiplier;
    const int32_t row_bytes = p->out_w * pixel_bytes;
    output_channel channel;
    channel.weights = band->weights;
    channel.rounding = nn_rounding(p->out_zero_point, p->shift);
    const uint32_t *plane = band->plane;
    for (int32_t c = 0; c < band->channels; c++) {
        const uint32_t *row = plane;
        int8_t *output = band->output + c;
        for (int32_t rows = band->rows; rows > 0; rows -= 2) {
            const uint32_t *x = row;
            int8_t *pixel = output;
            for (int32_t columns = p->out_w; columns > 0; columns -= 2) {
                convolve_block(p, &channel, x, pixel, columns > 1 ? pixel_bytes : 0,
                               rows > 1 ? row_bytes : 0);
                x += 2 * p->stride_w * NN_COLUMN_WORDS;
                pixel += 2 * pixel_bytes;
            }
            row += p->stride_h;
            output += 2 * row_bytes;
        }
        channel.weights += 2 * p->pair_words * p->kernel_w + 2;
        plane += band->plane_bytes / 4;
    }
}

NN_KERNEL void nn_depthwise_conv2d_any_s8_dsp(const nn_depthwise_conv2d_any_s8_dsp_params *p,
                                              const int8_t *input, const int32_t *weights, void *scratch,
                                              int8_t *output) {
    const nn_depthwise_planes_params planes = {p->batch,
                                               p->in_h,
                                               p->in_w,
                                               p->in_c,
                                               p->out_h,
                                               p->out_w,
                                               p->channel_multiplier,
                                               p->pad_top,
                                               p->pad_left,
                                               p->plane_columns,
                                               p->lanes,
                                               p->in_zero_point,
                                               p->out_zero_point,
                                               p->out_min,
                                               p->out_max};
    const nn_depthwise_shape shape = {p->kernel_h, p->stride_h, p->band_rows,
                                      2 * p->pair_words * p->kernel_w + 2};
    nn_depthwise_planes(&planes, shape, input, weights, scratch, output, convolve, p);
}
