#include "nn_max_pool_indices_f32.h"

typedef struct {
    float value;
    int32_t index;
} found;

/* The maximum of the window whose first tap lies at z0, y0, x0. */
static found largest(const nn_max_pool_indices_f32_params *p, const float *plane, int32_t z0, int32_t y0,
                     int32_t x0) {
    found best = {-INFINITY, -1};
    const int32_t kz1 = nn_taps_before(p->in_d - z0, p->dilation_d, p->kernel_d);
    const int32_t ky1 = nn_taps_before(p->in_h - y0, p->dilation_h, p->kernel_h);
    const int32_t kx1 = nn_taps_before(p->in_w - x0, p->dilation_w, p->kernel_w);
    for (int32_t kz = nn_taps_before(-z0, p->dilation_d, p->kernel_d); kz < kz1; kz++) {
        const int32_t z = z0 + kz * p->dilation_d;
        for (int32_t ky = nn_taps_before(-y0, p->dilation_h, p->kernel_h); ky < ky1; ky++) {
            const int32_t y = y0 + ky * p->dilation_h;
            for (int32_t kx = nn_taps_before(-x0, p->dilation_w, p->kernel_w); kx < kx1; kx++) {
                const int32_t x = x0 + kx * p->dilation_w;
                const float value = plane[(z * p->in_h + y) * p->in_w + x];
                if (value > best.value || best.index < 0) {
                    best.value = value;
                    best.index = z * p->index_stride_d + y * p->index_stride_h + x * p->index_stride_w;
                }
            }
        }
    }
    return best;
}

NN_KERNEL void nn_max_pool_indices_f32(const nn_max_pool_indices_f32_params *p, const float *input,
                                       float *output, int64_t *indices) {
    const int32_t volume = p->in_d * p->in_h * p->in_w;
    for (int32_t plane = 0; plane < p->planes; plane++) {
        for (int32_t oz = 0; oz < p->out_d; oz++) {
            const int32_t z0 = oz * p->stride_d - p->pad_front;
            for (int32_t oy = 0; oy < p->out_h; oy++) {
                const int32_t y0 = oy * p->stride_h - p->pad_top;
                for (int32_t ox = 0; ox < p->out_w; ox++) {
                    const int32_t x0 = ox * p->stride_w - p->pad_left;
                    const found best = largest(p, input + plane * volume, z0, y0, x0);
                    *output++ = best.value;
                    *indices++ = best.index < 0 ? -1 : plane * volume + best.index;
                }
            }
        }
    }
}
