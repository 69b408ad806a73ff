#include "nn_depthwise_conv2d_s8.h"

/* Neighbouring channels that share one walk over the taps, where each reads its own input channel. */
#define LANES 4

/* Taps of one output pixel: tap (0, 0) lies at (y0, x0); rows [ky0, ky1), columns [kx0, kx1) are in the
 * image. */
typedef struct {
    int32_t y0, x0, ky0, ky1, kx0, kx1;
} window;

/*
 * Adds products to acc[0 .. lanes - 1]; input and w point at the first lane. `lanes` is 1 or LANES, a
 * literal, so each gets its own code.
 */
static inline void add_taps_inside(const nn_depthwise_conv2d_s8_params *p, const window *at,
                                   const int8_t *input, const NN_FLASH int8_t *w, int lanes,
                                   int32_t acc[LANES]) {
    const int32_t x_step = p->dilation_w * p->in_c;
    if (at->kx0 == at->kx1) {
        return;
    }
    w += (at->ky0 * p->kernel_w + at->kx0) * p->out_c;
    for (int32_t ky = at->ky0; ky < at->ky1; ky++) {
        const int32_t y = at->y0 + ky * p->dilation_h;
        const int8_t *x = input + (y * p->in_w + at->x0) * p->in_c + at->kx0 * x_step;
        for (int32_t kx = at->kx0; kx < at->kx1; kx++) {
            acc[0] += x[0] * w[0];
            if (lanes == LANES) {
                acc[1] += x[1] * w[1];
                acc[2] += x[2] * w[2];
                acc[3] += x[3] * w[3];
            }
            x += x_step;
            w += p->out_c;
        }
        w += (p->kernel_w - (at->kx1 - at->kx0)) * p->out_c;
    }
}

/* The folded bias counts every tap: those in the padding read in_zero_point. */
static void add_taps_outside(const nn_depthwise_conv2d_s8_params *p, const window *at,
                             const NN_FLASH int8_t *w, int lanes, int32_t acc[LANES]) {
    for (int32_t ky = 0; ky < p->kernel_h; ky++) {
        const int row_inside = ky >= at->ky0 && ky < at->ky1;
        for (int32_t kx = 0; kx < p->kernel_w; kx++) {
            if (!row_inside || kx < at->kx0 || kx >= at->kx1) {
                for (int lane = 0; lane < lanes; lane++) {
                    acc[lane] += p->in_zero_point * w[lane];
                }
            }
            w += p->out_c;
        }
    }
}

NN_KERNEL void nn_depthwise_conv2d_s8(const nn_depthwise_conv2d_s8_params *p, const int8_t *input,
                                      const NN_FLASH int8_t *weights, const NN_FLASH int32_t *bias,
                                      const NN_FLASH int32_t *multiplier, const NN_FLASH uint8_t *shift,
                                      int8_t *output) {
    for (int32_t n = 0; n < p->batch; n++) {
        for (int32_t oy = 0; oy < p->out_h; oy++) {
            window at;
            at.y0 = oy * p->stride_h - p->pad_top;
            at.ky0 = nn_taps_before(-at.y0, p->dilation_h, p->kernel_h);
            at.ky1 = nn_taps_before(p->in_h - at.y0, p->dilation_h, p->kernel_h);
            for (int32_t ox = 0; ox < p->out_w; ox++) {
                at.x0 = ox * p->stride_w - p->pad_left;
                at.kx0 = nn_taps_before(-at.x0, p->dilation_w, p->kernel_w);
                at.kx1 = nn_taps_before(p->in_w - at.x0, p->dilation_w, p->kernel_w);
                const int32_t inside = (at.ky1 - at.ky0) * (at.kx1 - at.kx0);
                const int border = inside < p->kernel_h * p->kernel_w;
                int lanes;
                for (int32_t oc = 0; oc < p->out_c; oc += lanes) {
                    int32_t acc[LANES] = {0, 0, 0, 0};
                    if (p->channel_multiplier == 1 && p->out_c - oc >= LANES) {
                        lanes = LANES;
                        add_taps_inside(p, &at, input + oc, weights + oc, LANES, acc);
                    } else {
                        lanes = 1;
                        add_taps_inside(p, &at, input + oc / p->channel_multiplier, weights + oc, 1, acc);
                    }
                    if (border) {
                        add_taps_outside(p, &at, weights + oc, lanes, acc);
                    }
                    for (int lane = 0; lane < lanes; lane++) {
                        const int32_t c = oc + lane;
                        *output++ = nn_requantize_s8(bias[c] + acc[lane], multiplier[c], shift[c],
                                                     p->out_zero_point, p->out_min, p->out_max);
                    }
                }
            }
        }
        input += p->in_h * p->in_w * p->in_c;
    }
}
