#include "nn_deform_conv2d_f32.h"

static int32_t floor_of(float x) {
    const int32_t whole = (int32_t)x;
    return (float)whole > x ? whole - 1 : whole;
}

static float pixel(const nn_deform_conv2d_f32_params *p, const float *plane, int32_t y, int32_t x) {
    return y >= 0 && y < p->in_h && x >= 0 && x < p->in_w ? plane[y * p->in_w + x] : 0.0f;
}

/* The input between pixels. */
static float at(const nn_deform_conv2d_f32_params *p, const float *plane, float y, float x) {
    if (!(y > -1.0f && y < (float)p->in_h && x > -1.0f && x < (float)p->in_w)) {
        return 0.0f;
    }
    const int32_t top = floor_of(y);
    const int32_t left = floor_of(x);
    const float down = y - (float)top;
    const float right = x - (float)left;
    const float above = (1.0f - right) * pixel(p, plane, top, left) + right * pixel(p, plane, top, left + 1);
    const float below =
        (1.0f - right) * pixel(p, plane, top + 1, left) + right * pixel(p, plane, top + 1, left + 1);
    return (1.0f - down) * above + down * below;
}

/* Adds what tap (ky, kx) on input channel ic gives to all output channels of its group at pixel (oy, ox). */
static void add_tap(const nn_deform_conv2d_f32_params *p, const float *input, const float *weights,
                    const float *offset, const float *mask, float *output, const int32_t at_tap[5]) {
    const int32_t ic = at_tap[0], ky = at_tap[1], kx = at_tap[2], oy = at_tap[3], ox = at_tap[4];
    const int32_t taps = p->kernel_h * p->kernel_w;
    const int32_t area = p->out_h * p->out_w;
    const int32_t tap = ky * p->kernel_w + kx;
    const int32_t moved = ic / (p->in_c / p->offset_groups) * taps + tap;
    const int32_t out = oy * p->out_w + ox;
    const float y =
        (float)(oy * p->stride_h - p->pad_top + ky * p->dilation_h) + offset[2 * moved * area + out];
    const float x =
        (float)(ox * p->stride_w - p->pad_left + kx * p->dilation_w) + offset[(2 * moved + 1) * area + out];
    float value = at(p, input + ic * p->in_h * p->in_w, y, x);
    if (p->masked) {
        value *= mask[moved * area + out];
    }
    const int32_t group_in = p->in_c / p->groups;
    const int32_t group_out = p->out_c / p->groups;
    const int32_t first = ic / group_in * group_out;
    for (int32_t oc = first; oc < first + group_out; oc++) {
        output[oc * area + out] += weights[(oc * group_in + ic % group_in) * taps + tap] * value;
    }
}

NN_KERNEL void nn_deform_conv2d_f32(const nn_deform_conv2d_f32_params *p, const float *input,
                                    const float *weights, const float *offset, const float *bias,
                                    const float *mask, float *output) {
    const int32_t area = p->out_h * p->out_w;
    const int32_t moved = p->offset_groups * p->kernel_h * p->kernel_w;
    for (int32_t n = 0; n < p->batch; n++) {
        for (int32_t i = 0; i < p->out_c * area; i++) {
            output[i] = bias[i / area];
        }
        for (int32_t oy = 0; oy < p->out_h; oy++) {
            for (int32_t ox = 0; ox < p->out_w; ox++) {
                for (int32_t ic = 0; ic < p->in_c; ic++) {
                    for (int32_t ky = 0; ky < p->kernel_h; ky++) {
                        for (int32_t kx = 0; kx < p->kernel_w; kx++) {
                            const int32_t at_tap[5] = {ic, ky, kx, oy, ox};
                            add_tap(p, input, weights, offset, mask, output, at_tap);
                        }
                    }
                }
            }
        }
        input += p->in_c * p->in_h * p->in_w;
        offset += 2 * moved * area;
        mask += p->masked ? moved * area : 0;
        output += p->out_c * area;
    }
}
