#include "nn_conv_transpose2d_f32.h"

/* The input row (or column) that reaches the output at distance `reach`, -1 if there is none. */
static int32_t source(int32_t reach, int32_t stride, int32_t size) {
    if (reach < 0 || reach % stride != 0 || reach / stride >= size) {
        return -1;
    }
    return reach / stride;
}

/* Adds one tap to the sums of all output channels; x and w point at the tap's first input channel. */
static void add_tap(const nn_conv_transpose2d_f32_params *p, const float *x, const NN_FLASH float *w,
                    float *sums) {
    const int32_t group_in = p->in_c / p->groups;
    const int32_t group_out = p->out_c / p->groups;
    const int32_t filter = p->kernel_h * p->kernel_w * group_in;
    for (int32_t g = 0; g < p->groups; g++) {
        for (int32_t i = 0; i < group_out; i++) {
            *sums = nn_dot_f32(*sums, x, w, group_in);
            sums++;
            w += filter;
        }
        x += group_in;
    }
}

NN_KERNEL void nn_conv_transpose2d_f32(const nn_conv_transpose2d_f32_params *p, const float *input,
                                       const NN_FLASH float *weights, const NN_FLASH float *bias,
                                       float *output) {
    const int32_t group_in = p->in_c / p->groups;
    for (int32_t n = 0; n < p->batch; n++) {
        for (int32_t oy = 0; oy < p->out_h; oy++) {
            for (int32_t ox = 0; ox < p->out_w; ox++) {
                for (int32_t oc = 0; oc < p->out_c; oc++) {
                    output[oc] = bias[oc];
                }
                for (int32_t ky = 0; ky < p->kernel_h; ky++) {
                    const int32_t y = source(oy + p->pad_top - ky * p->dilation_h, p->stride_h, p->in_h);
                    for (int32_t kx = 0; y >= 0 && kx < p->kernel_w; kx++) {
                        const int32_t x = source(ox + p->pad_left - kx * p->dilation_w, p->stride_w, p->in_w);
                        if (x >= 0) {
                            add_tap(p, input + (y * p->in_w + x) * p->in_c,
                                    weights + (ky * p->kernel_w + kx) * group_in, output);
                        }
                    }
                }
                for (int32_t oc = 0; oc < p->out_c; oc++) {
                    output[oc] = nn_clamp_f32(output[oc], p->out_min, p->out_max);
                }
                output += p->out_c;
            }
        }
        input += p->in_h * p->in_w * p->in_c;
    }
}
