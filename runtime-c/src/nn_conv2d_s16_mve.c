#include "nn_conv2d_s16_mve.h"

#include "nn_s16_mve.h"
#include "nn_window_s16.h"

NN_KERNEL void nn_conv2d_s16_mve(const nn_conv2d_s16_mve_params *p, const int16_t *input,
                                 const NN_FLASH int32_t *packed, void *scratch, void *output) {
    const nn_features_range range = {p->out_zero_point, vdupq_n_s32(p->out_min), vdupq_n_s32(p->out_max)};
    const int32_t terms = p->kernel_h * p->kernel_w * p->in_c;
    int8_t *to = (int8_t *)output;
    for (int32_t n = 0; n < p->batch; n++) {
        for (int32_t oy = 0; oy < p->out_h; oy++) {
            for (int32_t ox = 0; ox < p->out_w; ox++) {
                const int16_t *window = nn_window_s16(p, input, oy, ox, 0, (int16_t *)scratch);
                to = nn_multiply_s16_mve(window, terms, packed, p->out_c, &range, p->out_bytes, to);
            }
        }
        input += p->in_h * p->in_w * p->in_c;
    }
}
