#include "nn_depthwise_conv2d_s8_avr.h"

#include "nn_avr.h"

/* A window: taps of it in the image, the first of those, and bytes from one tap and one row of it to the
 * next. */
typedef struct {
    nn_avr_taps rows, columns;
    const int8_t *first;
    int16_t column_step, row_step;
} window;

/* The taps of one output channel, whose first one in the image is x; those in the padding read in_zero_point.
 */
static int32_t add_border(const nn_depthwise_conv2d_s8_avr_params *p, const window *at, int32_t acc,
                          const int8_t *x, const NN_FLASH int8_t *w) {
    const int16_t kernel_w = (int16_t)p->kernel_w;
    const int16_t inside = (int16_t)(at->columns.end - at->columns.begin);
    int32_t outside = 0;
    for (int16_t ky = 0; ky < (int16_t)p->kernel_h; ky++) {
        if (ky < at->rows.begin || ky >= at->rows.end) {
            outside += nn_sum_s8(w, kernel_w);
        } else {
            outside +=
                nn_sum_s8(w, at->columns.begin) + nn_sum_s8(w + at->columns.end, kernel_w - at->columns.end);
            acc = nn_avr_dot_apart(acc, x, at->column_step, w + at->columns.begin, inside);
            x += at->row_step;
        }
        w += kernel_w;
    }
    return acc + outside * p->in_zero_point;
}

NN_KERNEL void nn_depthwise_conv2d_s8_avr(const nn_depthwise_conv2d_s8_avr_params *p, const int8_t *input,
                                          const NN_FLASH int8_t *weights, const NN_FLASH int32_t *bias,
                                          const NN_FLASH int32_t *multiplier, const NN_FLASH uint8_t *shift,
                                          int8_t *output) {
    const int16_t in_h = (int16_t)p->in_h, in_w = (int16_t)p->in_w, in_c = (int16_t)p->in_c;
    const int16_t kernel_h = (int16_t)p->kernel_h, kernel_w = (int16_t)p->kernel_w;
    const int16_t repeat = (int16_t)p->channel_multiplier;
    const int16_t row_bytes = (int16_t)(in_w * in_c);
    const int16_t zero_point = (int16_t)p->out_zero_point, min = (int16_t)p->out_min,
                  max = (int16_t)p->out_max;
    window at;
    at.column_step = (int16_t)((int16_t)p->dilation_w * in_c);
    at.row_step = (int16_t)((int16_t)p->dilation_h * row_bytes);
    for (int16_t n = 0; n < (int16_t)p->batch; n++) {
        int16_t y = (int16_t)-p->pad_top;
        for (int16_t oy = 0; oy < (int16_t)p->out_h; oy++) {
            at.rows = nn_avr_taps_inside(y, (int16_t)p->dilation_h, kernel_h, in_h);
            const int8_t *const row = input + (int32_t)at.rows.first * row_bytes;
            int16_t x = (int16_t)-p->pad_left;
            for (int16_t ox = 0; ox < (int16_t)p->out_w; ox++) {
                at.columns = nn_avr_taps_inside(x, (int16_t)p->dilation_w, kernel_w, in_w);
                at.first = row + at.columns.first * in_c;
                const int whole =
                    at.rows.end - at.rows.begin == kernel_h && at.columns.end - at.columns.begin == kernel_w;
                const NN_FLASH int8_t *w = weights;
                int16_t oc = 0;
                for (int16_t ic = 0; ic < in_c; ic++) {
                    for (int16_t again = repeat; again > 0; again--, oc++) {
                        const int8_t *taps = at.first + ic;
                        int32_t acc = bias[oc];
                        if (whole) {
                            for (int16_t ky = kernel_h; ky > 0; ky--) {
                                acc = nn_avr_dot_apart(acc, taps, at.column_step, w, kernel_w);
                                taps += at.row_step;
                                w += kernel_w;
                            }
                        } else {
                            acc = add_border(p, &at, acc, taps, w);
                            w += kernel_h * kernel_w;
                        }
                        *output++ = nn_avr_requantize(acc, multiplier[oc], shift[oc], zero_point, min, max);
                    }
                }
                x = (int16_t)(x + p->stride_w);
            }
            y = (int16_t)(y + p->stride_h);
        }
        input += (int32_t)in_h * row_bytes;
    }
}
