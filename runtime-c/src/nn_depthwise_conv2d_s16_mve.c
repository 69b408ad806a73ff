#include "nn_depthwise_conv2d_s16_mve.h"

#include "nn_s16_mve.h"

NN_KERNEL void nn_depthwise_conv2d_s16_mve(const nn_depthwise_conv2d_s16_mve_params *p, const int16_t *input,
                                           const NN_FLASH int8_t *weights, const NN_FLASH int32_t *tables,
                                           void *output) {
    const nn_features_range range = {p->out_zero_point, vdupq_n_s32(p->out_min), vdupq_n_s32(p->out_max)};
    const int32_t x_step = p->dilation_w * p->in_c;
    const int32_t y_step = p->dilation_h * p->in_w * p->in_c;
    int8_t *to = (int8_t *)output;
    for (int32_t n = 0; n < p->batch; n++) {
        for (int32_t oy = 0; oy < p->out_h; oy++) {
            const int32_t y0 = oy * p->stride_h - p->pad_top;
            const int32_t ky0 = nn_taps_before(-y0, p->dilation_h, p->kernel_h);
            const int32_t ky1 = nn_taps_before(p->in_h - y0, p->dilation_h, p->kernel_h);
            for (int32_t ox = 0; ox < p->out_w; ox++) {
                const int32_t x0 = ox * p->stride_w - p->pad_left;
                const int32_t kx0 = nn_taps_before(-x0, p->dilation_w, p->kernel_w);
                const int32_t kx1 = nn_taps_before(p->in_w - x0, p->dilation_w, p->kernel_w);
                const int32_t corner = (y0 * p->in_w + x0) * p->in_c + kx0 * x_step;
                for (int32_t c = 0; c < p->out_c; c += 4) {
                    const mve_pred16_t there = vctp32q((uint32_t)(p->out_c - c));
                    int32x4_t sums = vdupq_n_s32(0);
                    for (int32_t ky = ky0; ky < ky1; ky++) {
                        const NN_FLASH int8_t *w = weights + (ky * p->kernel_w + kx0) * p->out_c + c;
                        int32_t at = corner + ky * y_step + c;
                        for (int32_t kx = kx0; kx < kx1; kx++) {
                            const int32x4_t x = vldrhq_z_s32(input + at, there);
                            sums = vaddq_s32(sums, vmulq_s32(x, vldrbq_z_s32(w, there)));
                            at += x_step;
                            w += p->out_c;
                        }
                    }
                    const int32x4_t q = nn_scale_features(sums, tables + 3 * c, &range);
                    to = nn_store_s16_mve(q, p->out_c - c, p->out_bytes, to);
                }
            }
        }
        input += p->in_h * p->in_w * p->in_c;
    }
}
