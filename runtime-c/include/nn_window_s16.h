/* Windows of convolutions on int16 values, for the variants. */
#ifndef NN_WINDOW_S16_H
#define NN_WINDOW_S16_H

#include <string.h>

#include "nn_conv2d_s16.h"

/*
 * The window of a pixel as [kernel_h][kernel_w][in_c], copied to `buffer`; taps in the padding are 0. One of
 * a single pixel stays where it is, unless `copies`.
 */
static inline const int16_t *nn_window_s16(const nn_conv2d_s16_params *p, const int16_t *image, int32_t oy,
                                           int32_t ox, int copies, int16_t *buffer) {
    const int32_t y0 = oy * p->stride_h - p->pad_top;
    const int32_t x0 = ox * p->stride_w - p->pad_left;
    const int32_t begin = nn_taps_before(-x0, p->dilation_w, p->kernel_w);
    const int32_t end = nn_taps_before(p->in_w - x0, p->dilation_w, p->kernel_w);
    const int32_t c = p->in_c;
    if (!copies && p->kernel_h == 1 && p->kernel_w == 1 && y0 >= 0 && y0 < p->in_h && begin < end) {
        return image + (y0 * p->in_w + x0) * c;
    }
    int16_t *to = buffer;
    for (int32_t ky = 0; ky < p->kernel_h; ky++) {
        const int32_t y = y0 + ky * p->dilation_h;
        const int inside = y >= 0 && y < p->in_h && begin < end;
        const int32_t first = inside ? begin : p->kernel_w;
        memset(to, 0, (size_t)(first * c) * sizeof *to);
        to += first * c;
        if (!inside) {
            continue;
        }
        const int32_t run = p->dilation_w == 1 ? end - begin : 1;
        for (int32_t kx = begin; kx < end; kx += run) {
            memcpy(to, image + (y * p->in_w + x0 + kx * p->dilation_w) * c, (size_t)(run * c) * sizeof *to);
            to += run * c;
        }
        memset(to, 0, (size_t)((p->kernel_w - end) * c) * sizeof *to);
        to += (p->kernel_w - end) * c;
    }
    return buffer;
}

#endif
