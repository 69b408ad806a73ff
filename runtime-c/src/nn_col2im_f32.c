#include "nn_col2im_f32.h"

/* The block whose tap lies on an image position, or -1. */
static int32_t block(int32_t position, int32_t stride, int32_t count) {
    if (position < 0 || position % stride != 0) {
        return -1;
    }
    return position / stride < count ? position / stride : -1;
}

static float sum(const nn_col2im_f32_params *p, const float *input, int32_t oz, int32_t oy, int32_t ox) {
    float acc = 0.0f;
    for (int32_t kz = 0; kz < p->kernel_d; kz++) {
        const int32_t z = block(oz + p->pad_front - kz * p->dilation_d, p->stride_d, p->in_d);
        for (int32_t ky = 0; ky < p->kernel_h; ky++) {
            const int32_t y = block(oy + p->pad_top - ky * p->dilation_h, p->stride_h, p->in_h);
            for (int32_t kx = 0; kx < p->kernel_w; kx++) {
                const int32_t x = block(ox + p->pad_left - kx * p->dilation_w, p->stride_w, p->in_w);
                if (z >= 0 && y >= 0 && x >= 0) {
                    acc += input[(z * p->in_h + y) * p->in_w + x];
                }
                input += p->in_d * p->in_h * p->in_w;
            }
        }
    }
    return acc;
}

NN_KERNEL void nn_col2im_f32(const nn_col2im_f32_params *p, const float *input, float *output) {
    const int32_t columns = p->kernel_d * p->kernel_h * p->kernel_w * p->in_d * p->in_h * p->in_w;
    for (int32_t plane = 0; plane < p->planes; plane++) {
        for (int32_t oz = 0; oz < p->out_d; oz++) {
            for (int32_t oy = 0; oy < p->out_h; oy++) {
                for (int32_t ox = 0; ox < p->out_w; ox++) {
                    *output++ = sum(p, input, oz, oy, ox);
                }
            }
        }
        input += columns;
    }
}
