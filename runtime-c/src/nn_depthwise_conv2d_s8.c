#include "nn_depthwise_conv2d_s8.h"

/* Neighbouring channels that share one walk over the taps, where each reads its own input channel. */
#define LANES 4

/*
 * Taps of one output pixel: rows [ky0, ky1), columns [kx0, kx1) are in the image; `rows` is 0 where none is.
 * Offsets of the first of them in the input and in the weights, of the next tap, and from the last of a row
 * to the first of the next row.
 */
typedef struct {
    int32_t ky0, ky1, kx0, kx1;
    int32_t x, x_step, x_row;
    int32_t w, w_row;
} window;

/* By value, so that compilers keep them in registers. */
typedef struct {
    int32_t lane0, lane1, lane2, lane3;
} sums;

/*
 * Adds products; x and w point at the first lane. `lanes` is 1 or LANES, a literal, so each gets its own
 * code. The step between weights is out_c.
 */
static inline sums add_taps_inside(const window *at, const int8_t *x, const NN_FLASH int8_t *w, int32_t out_c,
                                   int lanes, sums acc) {
    const int32_t columns = at->kx1 - at->kx0;
    x += at->x;
    w += at->w;
    for (int32_t rows = columns > 0 ? at->ky1 - at->ky0 : 0; rows > 0; rows--) {
        for (int32_t i = columns; i > 0; i--) {
            acc.lane0 += x[0] * w[0];
            if (lanes == LANES) {
                acc.lane1 += x[1] * w[1];
                acc.lane2 += x[2] * w[2];
                acc.lane3 += x[3] * w[3];
            }
            x += at->x_step;
            w += out_c;
        }
        x += at->x_row;
        w += at->w_row;
    }
    return acc;
}

static inline sums add_weights(const NN_FLASH int8_t *w, int32_t taps, int32_t out_c, int lanes, sums sum) {
    for (; taps > 0; taps--) {
        sum.lane0 += w[0];
        if (lanes == LANES) {
            sum.lane1 += w[1];
            sum.lane2 += w[2];
            sum.lane3 += w[3];
        }
        w += out_c;
    }
    return sum;
}

/* The folded bias counts every tap: those in the padding read in_zero_point. */
static inline sums add_taps_outside(const nn_depthwise_conv2d_s8_params *p, const window *at,
                                    const NN_FLASH int8_t *w, int lanes, sums acc) {
    const int32_t row = p->kernel_w * p->out_c;
    sums sum = {0, 0, 0, 0};
    for (int32_t ky = 0; ky < p->kernel_h; ky++) {
        const int inside = ky >= at->ky0 && ky < at->ky1;
        sum = add_weights(w, inside ? at->kx0 : p->kernel_w, p->out_c, lanes, sum);
        if (inside && at->kx1 < p->kernel_w) {
            sum = add_weights(w + at->kx1 * p->out_c, p->kernel_w - at->kx1, p->out_c, lanes, sum);
        }
        w += row;
    }
    acc.lane0 += p->in_zero_point * sum.lane0;
    if (lanes == LANES) {
        acc.lane1 += p->in_zero_point * sum.lane1;
        acc.lane2 += p->in_zero_point * sum.lane2;
        acc.lane3 += p->in_zero_point * sum.lane3;
    }
    return acc;
}

NN_KERNEL void nn_depthwise_conv2d_s8(const nn_depthwise_conv2d_s8_params *p, const int8_t *input,
                                      const NN_FLASH int8_t *weights, const NN_FLASH int32_t *bias,
                                      const NN_FLASH int32_t *multiplier, const NN_FLASH uint8_t *shift,
                                      int8_t *output) {
    for (int32_t n = 0; n < p->batch; n++) {
        for (int32_t oy = 0; oy < p->out_h; oy++) {
            window at;
            const int32_t y0 = oy * p->stride_h - p->pad_top;
            at.x_step = p->dilation_w * p->in_c;
            at.ky0 = nn_taps_before(-y0, p->dilation_h, p->kernel_h);
            at.ky1 = nn_taps_before(p->in_h - y0, p->dilation_h, p->kernel_h);
            for (int32_t ox = 0; ox < p->out_w; ox++) {
                const int32_t x0 = ox * p->stride_w - p->pad_left;
                at.kx0 = nn_taps_before(-x0, p->dilation_w, p->kernel_w);
                at.kx1 = nn_taps_before(p->in_w - x0, p->dilation_w, p->kernel_w);
                at.x = ((y0 + at.ky0 * p->dilation_h) * p->in_w + x0) * p->in_c + at.kx0 * at.x_step;
                at.w = (at.ky0 * p->kernel_w + at.kx0) * p->out_c;
                at.x_row = p->dilation_h * p->in_w * p->in_c - (at.kx1 - at.kx0) * at.x_step;
                at.w_row = (p->kernel_w - (at.kx1 - at.kx0)) * p->out_c;
                const int32_t inside = (at.ky1 - at.ky0) * (at.kx1 - at.kx0);
                const int border = inside < p->kernel_h * p->kernel_w;
                if (inside == 0) {
                    at.x = 0;
                    at.w = 0;
                }
                int32_t oc = 0;
                if (p->channel_multiplier == 1) {
                    for (; p->out_c - oc >= LANES; oc += LANES) {
                        sums acc = {bias[oc], bias[oc + 1], bias[oc + 2], bias[oc + 3]};
                        acc = add_taps_inside(&at, input + oc, weights + oc, p->out_c, LANES, acc);
                        if (border) {
                            acc = add_taps_outside(p, &at, weights + oc, LANES, acc);
                        }
                        const int32_t all[LANES] = {acc.lane0, acc.lane1, acc.lane2, acc.lane3};
                        for (int lane = 0; lane < LANES; lane++) {
                            const int32_t c = oc + lane;
                            *output++ = nn_requantize_s8(all[lane], multiplier[c], shift[c],
                                                         p->out_zero_point, p->out_min, p->out_max);
                        }
                    }
                }
                for (; oc < p->out_c; oc++) {
                    sums acc = {bias[oc], 0, 0, 0};
                    acc = add_taps_inside(&at, input + oc / p->channel_multiplier, weights + oc, p->out_c, 1,
                                          acc);
                    if (border) {
                        acc = add_taps_outside(p, &at, weights + oc, 1, acc);
                    }
                    *output++ = nn_requantize_s8(acc.lane0, multiplier[oc], shift[oc], p->out_zero_point,
                                                 p->out_min, p->out_max);
                }
            }
        }
        input += p->in_h * p->in_w * p->in_c;
    }
}
