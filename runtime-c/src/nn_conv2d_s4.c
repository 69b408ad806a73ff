#include "nn_conv2d_s4.h"

#include "nn_unpack_s4.h"

/* nn_dot_s8 and nn_sum_s8 for weights in RAM, which is another address space than flash on AVR. */
static int32_t dot(int32_t acc, const int8_t *x, const int8_t *w, int32_t count) {
    for (; count >= 4; count -= 4) {
        acc += x[0] * w[0];
        acc += x[1] * w[1];
        acc += x[2] * w[2];
        acc += x[3] * w[3];
        x += 4;
        w += 4;
    }
    for (; count > 0; count--) {
        acc += *x++ * *w++;
    }
    return acc;
}

static int32_t sum(const int8_t *w, int32_t count) {
    int32_t total = 0;
    for (; count > 0; count--) {
        total += *w++;
    }
    return total;
}

/* The window with its first tap on row y0, column x0: taps [begin, end) of a row lie inside it. */
static int32_t convolve(const nn_conv2d_s4_params *p, const int8_t *image, const int8_t *w, int32_t acc,
                        int32_t y0, int32_t x0) {
    const int32_t c = p->in_c;
    const int32_t begin = nn_taps_before(-x0, p->dilation_w, p->kernel_w);
    const int32_t end = nn_taps_before(p->in_w - x0, p->dilation_w, p->kernel_w);
    for (int32_t ky = 0; ky < p->kernel_h; ky++) {
        const int32_t y = y0 + ky * p->dilation_h;
        const int inside = y >= 0 && y < p->in_h && begin < end;
        const int32_t before = inside ? begin : p->kernel_w;
        if (before > 0) {
            acc += p->in_zero_point * sum(w, before * c);
        }
        if (inside) {
            const int8_t *const x = image + (y * p->in_w + x0) * c;
            if (p->dilation_w == 1) {
                acc = dot(acc, x + begin * c, w + begin * c, (end - begin) * c);
            } else {
                for (int32_t kx = begin; kx < end; kx++) {
                    acc = dot(acc, x + kx * p->dilation_w * c, w + kx * c, c);
                }
            }
            if (end < p->kernel_w) {
                acc += p->in_zero_point * sum(w + end * c, (p->kernel_w - end) * c);
            }
        }
        w += p->kernel_w * c;
    }
    return acc;
}

NN_KERNEL void nn_conv2d_s4(const nn_conv2d_s4_params *p, const int8_t *input,
                            const NN_FLASH uint8_t *weights, const NN_FLASH int32_t *bias,
                            const NN_FLASH int32_t *multiplier, const NN_FLASH uint8_t *shift, void *scratch,
                            int8_t *output) {
    const int32_t taps = p->kernel_h * p->kernel_w * p->in_c;
    int8_t *const unpacked = (int8_t *)scratch;
    for (int32_t n = 0; n < p->batch; n++) {
        for (int32_t oy = 0; oy < p->out_h; oy++) {
            const NN_FLASH uint8_t *packed = weights;
            for (int32_t oc = 0; oc < p->out_c; oc++) {
                nn_unpack_s4(unpacked, packed, taps);
                packed += (taps + 1) / 2;
                for (int32_t ox = 0; ox < p->out_w; ox++) {
                    const int32_t acc = convolve(p, input, unpacked, bias[oc], oy * p->stride_h - p->pad_top,
                                                 ox * p->stride_w - p->pad_left);
                    output[ox * p->out_c + oc] = nn_requantize_s8(acc, multiplier[oc], shift[oc],
                                                                  p->out_zero_point, p->out_min, p->out_max);
                }
            }
            output += p->out_w * p->out_c;
        }
        input += p->in_h * p->in_w * p->in_c;
    }
}
