#include "nn_fully_connected_s16_mve.h"

#include "nn_s16_mve.h"

NN_KERNEL void nn_fully_connected_s16_mve(const nn_fully_connected_s16_mve_params *p, const int16_t *input,
                                          const NN_FLASH int32_t *packed, void *output) {
    const nn_features_range range = {p->out_zero_point, vdupq_n_s32(p->out_min), vdupq_n_s32(p->out_max)};
    int8_t *to = (int8_t *)output;
    for (int32_t row = 0; row < p->rows; row++) {
        to = nn_multiply_s16_mve(input, p->in_features, packed, p->out_features, &range, p->out_bytes, to);
        input += p->in_features;
    }
}
