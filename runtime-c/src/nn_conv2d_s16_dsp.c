#include "nn_conv2d_s16_dsp.h"

#include "nn_s16_dsp.h"
#include "nn_window_s16.h"

NN_KERNEL void nn_conv2d_s16_dsp(const nn_conv2d_s16_dsp_params *p, const int16_t *input,
                                 const NN_FLASH int32_t *weights, const NN_FLASH int32_t *bias,
                                 const NN_FLASH int32_t *multiplier, const NN_FLASH uint8_t *shift,
                                 void *scratch, void *output) {
    const nn_results_s16 results = {bias,       multiplier, shift,       p->out_zero_point,
                                    p->out_min, p->out_max, p->out_bytes};
    const int32_t taps = p->kernel_h * p->kernel_w * p->in_c;
    const int32_t quads = (taps + 3) / 4;
    /* Behind a pixel that is read in place there may be no memory for the rest of four. */
    const int copies = taps % 4 != 0;
    int16_t *const buffer = (int16_t *)scratch;
    const int32_t pixel = p->out_c * p->out_bytes;
    int8_t *to = (int8_t *)output;
    for (int32_t n = 0; n < p->batch; n++) {
        for (int32_t oy = 0; oy < p->out_h; oy++) {
            int32_t ox = 0;
            for (; p->out_w - ox >= 2; ox += 2) {
                const int16_t *a = nn_window_s16(p, input, oy, ox, copies, buffer);
                const int16_t *b = nn_window_s16(p, input, oy, ox + 1, copies, buffer + 4 * quads);
                nn_multiply_s16_dsp(a, b, 1, quads, weights, p->out_c, &results, to, to + pixel);
                to += 2 * pixel;
            }
            if (ox < p->out_w) {
                const int16_t *a = nn_window_s16(p, input, oy, ox, copies, buffer);
                nn_multiply_s16_dsp(a, a, 0, quads, weights, p->out_c, &results, to, to);
                to += pixel;
            }
        }
        input += p->in_h * p->in_w * p->in_c;
    }
}
