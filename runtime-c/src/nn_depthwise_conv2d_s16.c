#include "nn_depthwise_conv2d_s16.h"

#include "nn_s16.h"

NN_KERNEL void nn_depthwise_conv2d_s16(const nn_depthwise_conv2d_s16_params *p, const int16_t *input,
                                       const NN_FLASH int8_t *weights, const NN_FLASH int32_t *bias,
                                       const NN_FLASH int32_t *multiplier, const NN_FLASH uint8_t *shift,
                                       void *output) {
    const int32_t x_step = p->dilation_w * p->in_c;
    const int32_t y_step = p->dilation_h * p->in_w * p->in_c;
    for (int32_t n = 0; n < p->batch; n++) {
        for (int32_t oy = 0; oy < p->out_h; oy++) {
            const int32_t y0 = oy * p->stride_h - p->pad_top;
            const int32_t ky0 = nn_taps_before(-y0, p->dilation_h, p->kernel_h);
            const int32_t ky1 = nn_taps_before(p->in_h - y0, p->dilation_h, p->kernel_h);
            for (int32_t ox = 0; ox < p->out_w; ox++) {
                const int32_t x0 = ox * p->stride_w - p->pad_left;
                const int32_t kx0 = nn_taps_before(-x0, p->dilation_w, p->kernel_w);
                const int32_t kx1 = nn_taps_before(p->in_w - x0, p->dilation_w, p->kernel_w);
                const int32_t corner = (y0 * p->in_w + x0) * p->in_c;
                for (int32_t oc = 0; oc < p->out_c; oc++) {
                    const int32_t first = corner + oc / p->channel_multiplier;
                    int32_t acc = bias[oc];
                    for (int32_t ky = ky0; ky < ky1; ky++) {
                        const NN_FLASH int8_t *w = weights + (ky * p->kernel_w + kx0) * p->out_c + oc;
                        int32_t at = first + ky * y_step + kx0 * x_step;
                        for (int32_t kx = kx0; kx < kx1; kx++) {
                            acc += (int32_t)input[at] * *w;
                            at += x_step;
                            w += p->out_c;
                        }
                    }
                    const int32_t q = nn_requantize_s16(acc, multiplier[oc], shift[oc], p->out_zero_point,
                                                        p->out_min, p->out_max);
                    output = nn_store_s16(output, q, p->out_bytes);
                }
            }
        }
        input += p->in_h * p->in_w * p->in_c;
    }
}
