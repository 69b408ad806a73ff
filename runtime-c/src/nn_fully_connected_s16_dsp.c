#include "nn_fully_connected_s16_dsp.h"

#include "nn_s16_dsp.h"

NN_KERNEL void nn_fully_connected_s16_dsp(const nn_fully_connected_s16_dsp_params *p, const int16_t *input,
                                          const NN_FLASH int32_t *weights, const NN_FLASH int32_t *bias,
                                          const NN_FLASH int32_t *multiplier, const NN_FLASH uint8_t *shift,
                                          void *output) {
    const nn_results_s16 results = {bias,       multiplier, shift,       p->out_zero_point,
                                    p->out_min, p->out_max, p->out_bytes};
    int8_t *to = (int8_t *)output;
    for (int32_t row = 0; row < p->rows; row++) {
        nn_multiply_s16_dsp(input, input, 0, p->in_features / 4, weights, p->out_features, &results, to, to);
        input += p->in_features;
        to += p->out_features * p->out_bytes;
    }
}
