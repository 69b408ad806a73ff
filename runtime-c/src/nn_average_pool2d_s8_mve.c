#include "nn_average_pool2d_s8_mve.h"

#include <arm_mve.h>

/* sum + the bytes x[i * step] of four channels, i in [0, count), count > 0. */
static inline int32x4_t add_run(int32x4_t sum, const int8_t *x, int32_t step, int32_t count,
                                mve_pred16_t lanes) {
    for (; count > 0; count--) {
        sum = vaddq_s32(sum, vldrbq_z_s32(x, lanes));
        x += step;
    }
    return sum;
}

/* VQDMULH leaves floor(acc * M / 2^31), VRSHL rounds it half up by n - 31 bits. */
NN_KERNEL void nn_average_pool2d_s8_mve(const nn_average_pool2d_s8_mve_params *p, const int8_t *input,
                                        const NN_FLASH int32_t *multiplier, const NN_FLASH uint8_t *shift,
                                        int8_t *output) {
    const int32x4_t min = vdupq_n_s32(p->out_min), max = vdupq_n_s32(p->out_max);
    const int32_t padded_bottom = p->in_h + p->pad_bottom;
    const int32_t padded_right = p->in_w + p->pad_right;
    const int32_t x_step = p->dilation_w * p->channels;
    const int32_t y_step = p->dilation_h * p->in_w * p->channels;
    for (int32_t n = 0; n < p->batch; n++) {
        for (int32_t oy = 0; oy < p->out_h; oy++) {
            const int32_t y0 = oy * p->stride_h - p->pad_top;
            const int32_t ky0 = nn_taps_before(-y0, p->dilation_h, p->kernel_h);
            const int32_t ky1 = nn_taps_before(p->in_h - y0, p->dilation_h, p->kernel_h);
            const int32_t rows = nn_taps_before(padded_bottom - y0, p->dilation_h, p->kernel_h);
            for (int32_t ox = 0; ox < p->out_w; ox++) {
                const int32_t x0 = ox * p->stride_w - p->pad_left;
                const int32_t kx0 = nn_taps_before(-x0, p->dilation_w, p->kernel_w);
                const int32_t kx1 = nn_taps_before(p->in_w - x0, p->dilation_w, p->kernel_w);
                const int32_t columns = nn_taps_before(padded_right - x0, p->dilation_w, p->kernel_w);
                const int32_t inside = ky1 > ky0 && kx1 > kx0 ? (ky1 - ky0) * (kx1 - kx0) : 0;
                const int32_t entry = (p->count_include_pad ? rows * columns : inside) - p->min_count;
                const int32_t first = (y0 * p->in_w + x0) * p->channels + ky0 * y_step + kx0 * x_step;
                for (int32_t c = 0; c < p->channels; c += 4) {
                    const mve_pred16_t lanes = vctp32q((uint32_t)(p->channels - c));
                    int32x4_t q = vdupq_n_s32(-inside * p->in_zero_point);
                    for (int32_t ky = ky0; ky < ky1; ky++) {
                        const int8_t *row = input + first + c + (ky - ky0) * y_step;
                        q = add_run(q, row, x_step, kx1 - kx0, lanes);
                    }
                    q = vrshlq_n_s32(vqdmulhq_n_s32(q, multiplier[entry]), 31 - shift[entry]);
                    q = vminq_s32(vmaxq_s32(vaddq_n_s32(q, p->out_zero_point), min), max);
                    vstrbq_p_s32(output + c, q, lanes);
                }
                output += p->channels;
            }
        }
        input += p->in_h * p->in_w * p->channels;
    }
}
