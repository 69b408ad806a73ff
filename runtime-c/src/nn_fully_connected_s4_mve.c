#include "nn_fully_connected_s4_mve.h"

#include <arm_mve.h>

/* VMULH leaves floor(acc * M / 2^32), VRSHL rounds it half up by n - 32 bits. */
NN_KERNEL void nn_fully_connected_s4_mve(const nn_fully_connected_s4_mve_params *p, const int8_t *input,
                                         const NN_FLASH int32_t *packed, int8_t *output) {
    const int8x16_t upper = vdupq_n_s8((int8_t)0xf0);
    const int32x4_t min = vdupq_n_s32(p->out_min), max = vdupq_n_s32(p->out_max);
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
            int32x4_t q = vaddq_s32(vshrq_n_s32(vld1q_s32(sums), 4), vld1q_s32(table));
            q = vmulhq_s32(q, vld1q_s32(table + 4));
            q = vrshlq_s32(q, vld1q_s32(table + 8));
            q = vminq_s32(vmaxq_s32(vaddq_n_s32(q, p->out_zero_point), min), max);
            table += 12;
            if (left >= 4) {
                vstrbq_s32(output, q);
                output += 4;
            } else {
                vstrbq_p_s32(output, q, vctp32q((uint32_t)left));
                output += left;
            }
        }
        input += p->in_features;
    }
}
