#include "nn_fully_connected_s4_mve.h"

#include "nn_features_mve.h"

NN_KERNEL void nn_fully_connected_s4_mve(const nn_fully_connected_s4_mve_params *p, const int8_t *input,
                                         const NN_FLASH int32_t *packed, int8_t *output) {
    const int8x16_t upper = vdupq_n_s8((int8_t)0xf0);
    const nn_features_range range = {p->out_zero_point, vdupq_n_s32(p->out_min), vdupq_n_s32(p->out_max)};
    for (int32_t row = 0; row < p->rows; row++) {
        const NN_FLASH int32_t *table = packed;
        for (int32_t left = p->out_features; left > 0; left -= 4) {
            /* Sums sixteen times as large as they are: half bytes stay in the upper half of a byte. */
            int32_t sums[4] = {0, 0, 0, 0};
            for (int32_t at = 0; at < p->in_features; at += 32) {
                const uint32_t rest = (uint32_t)(p->in_features - at);
                const int8x16_t x = vldrbq_z_s8(input + at, vctp8q(rest));
                const int8x16_t y = vldrbq_z_s8(input + at + 16, vctp8q(rest > 16 ? rest - 16 : 0));
                for (int32_t f = 0; f < 4; f++) {
                    const int8x16_t two = vld1q_s8((const int8_t *)table);
                    sums[f] = vmladavaq_s8(sums[f], x, vshlq_n_s8(two, 4));
                    sums[f] = vmladavaq_s8(sums[f], y, vandq_s8(two, upper));
                    table += 4;
                }
            }
            output = nn_store_features(vshrq_n_s32(vld1q_s32(sums), 4), table, &range, left, output);
            table += 12;
        }
        input += p->in_features;
    }
}
