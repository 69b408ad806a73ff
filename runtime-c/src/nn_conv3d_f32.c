#include "nn_conv3d_f32.h"

/* The input index at a position of the grid, or -1. */
static int32_t source(int32_t position, int32_t step, int32_t size) {
    if (position < 0 || position % step != 0) {
        return -1;
    }
    return position / step < size ? position / step : -1;
}

/* acc and the products of one kernel row; x0: position of its first tap. */
static float add_row(const nn_conv3d_f32_params *p, float acc, const float *row, const NN_FLASH float *w,
                     int32_t x0) {
    for (int32_t kx = 0; kx < p->kernel_w; kx++) {
        const int32_t x = source(x0 + kx * p->dilation_w, p->step_w, p->in_w);
        if (x >= 0) {
            acc += row[x] * w[kx];
        }
    }
    return acc;
}

/* acc and the products of one input channel; z0, y0, x0: position of the first tap. */
static float add_channel(const nn_conv3d_f32_params *p, float acc, const float *input,
                         const NN_FLASH float *w, int32_t z0, int32_t y0, int32_t x0) {
    for (int32_t kz = 0; kz < p->kernel_d; kz++) {
        const int32_t z = source(z0 + kz * p->dilation_d, p->step_d, p->in_d);
        for (int32_t ky = 0; z >= 0 && ky < p->kernel_h; ky++) {
            const int32_t y = source(y0 + ky * p->dilation_h, p->step_h, p->in_h);
            if (y >= 0) {
                const int32_t row = (kz * p->kernel_h + ky) * p->kernel_w;
                acc = add_row(p, acc, input + (z * p->in_h + y) * p->in_w, w + row, x0);
            }
        }
    }
    return acc;
}

NN_KERNEL void nn_conv3d_f32(const nn_conv3d_f32_params *p, const float *input, const NN_FLASH float *weights,
                             const NN_FLASH float *bias, float *output) {
    const int32_t group_in = p->in_c / p->groups;
    const int32_t group_out = p->out_c / p->groups;
    const int32_t volume = p->in_d * p->in_h * p->in_w;
    const int32_t taps = p->kernel_d * p->kernel_h * p->kernel_w;
    for (int32_t n = 0; n < p->batch; n++) {
        for (int32_t oc = 0; oc < p->out_c; oc++) {
            const float *const in = input + (n * p->in_c + oc / group_out * group_in) * volume;
            const NN_FLASH float *const w = weights + oc * group_in * taps;
            for (int32_t oz = 0; oz < p->out_d; oz++) {
                const int32_t z0 = oz * p->stride_d - p->pad_front;
                for (int32_t oy = 0; oy < p->out_h; oy++) {
                    const int32_t y0 = oy * p->stride_h - p->pad_top;
                    for (int32_t ox = 0; ox < p->out_w; ox++) {
                        const int32_t x0 = ox * p->stride_w - p->pad_left;
                        float acc = bias[oc];
                        for (int32_t ic = 0; ic < group_in; ic++) {
                            acc = add_channel(p, acc, in + ic * volume, w + ic * taps, z0, y0, x0);
                        }
                        *output++ = nn_clamp_f32(acc, p->out_min, p->out_max);
                    }
                }
            }
        }
    }
}
