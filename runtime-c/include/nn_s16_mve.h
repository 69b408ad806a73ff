/* What the layers on int16 values for MVE share. */
#ifndef NN_S16_MVE_H
#define NN_S16_MVE_H

#include "nn_features_mve.h"

/* Four results of `bytes` bytes, 1 or 2, of which `left` are there; returns where they end. */
static inline int8_t *nn_store_s16_mve(int32x4_t q, int32_t left, int32_t bytes, int8_t *output) {
    const mve_pred16_t there = vctp32q((uint32_t)(left < 4 ? left : 4));
    if (bytes == 1) {
        vstrbq_p_s32(output, q, there);
    } else {
        vstrhq_p_s32((int16_t *)(void *)output, q, there);
    }
    return output + (left < 4 ? left : 4) * bytes;
}

/*
 * All features of one window, four at a time; returns where the results end.
 *   x       [terms]
 *   packed  per four features: per 8 terms 8 weights of each feature, zeros behind the last; then four
 * biases, multipliers and negative shifts, see nn_scale_features
 */
static inline int8_t *nn_multiply_s16_mve(const int16_t *x, int32_t terms, const NN_FLASH int32_t *packed,
                                          int32_t features, const nn_features_range *range, int32_t bytes,
                                          int8_t *output) {
    for (int32_t left = features; left > 0; left -= 4) {
        int32_t a = 0, b = 0, c = 0, d = 0;
        const int8_t *w = (const int8_t *)packed;
        for (int32_t at = 0; at < terms; at += 8) {
            const int16x8_t values = vldrhq_z_s16(x + at, vctp16q((uint32_t)(terms - at)));
            a = vmladavaq_s16(a, values, vldrbq_s16(w));
            b = vmladavaq_s16(b, values, vldrbq_s16(w + 8));
            c = vmladavaq_s16(c, values, vldrbq_s16(w + 16));
            d = vmladavaq_s16(d, values, vldrbq_s16(w + 24));
            w += 32;
        }
        packed = (const NN_FLASH int32_t *)(const void *)w;
        int32x4_t sums = vdupq_n_s32(a);
        sums = vsetq_lane_s32(b, sums, 1);
        sums = vsetq_lane_s32(c, sums, 2);
        sums = vsetq_lane_s32(d, sums, 3);
        const int32x4_t q = nn_scale_features(sums, packed, range);
        output = nn_store_s16_mve(q, left, bytes, output);
        packed += 12;
    }
    return output;
}

#endif
