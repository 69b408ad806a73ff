/* What the fully connected layers for MVE share. */
#ifndef NN_FEATURES_MVE_H
#define NN_FEATURES_MVE_H

#include "nn_common.h"

#include <arm_mve.h>

/* Zero point and clamp of the output. */
typedef struct {
    int32_t zero_point;
    int32x4_t min, max;
} nn_features_range;

/*
 * The sums of four features as results. tables holds four biases, multipliers and negative shifts. VMULH
 * leaves floor(acc * M / 2^32), VRSHL rounds it half up by n - 32 bits.
 */
static inline int32x4_t nn_scale_features(int32x4_t sums, const NN_FLASH int32_t *tables,
                                          const nn_features_range *range) {
    int32x4_t q = vaddq_s32(sums, vld1q_s32(tables));
    q = vmulhq_s32(q, vld1q_s32(tables + 4));
    q = vrshlq_s32(q, vld1q_s32(tables + 8));
    return vminq_s32(vmaxq_s32(vaddq_n_s32(q, range->zero_point), range->min), range->max);
}

/* Their results, of which `left` are there, at output; returns where they end. */
static inline int8_t *nn_store_features(int32x4_t sums, const NN_FLASH int32_t *tables,
                                        const nn_features_range *range, int32_t left, int8_t *output) {
    const int32x4_t q = nn_scale_features(sums, tables, range);
    if (left >= 4) {
        vstrbq_s32(output, q);
        return output + 4;
    }
    vstrbq_p_s32(output, q, vctp32q((uint32_t)left));
    return output + left;
}

#endif
