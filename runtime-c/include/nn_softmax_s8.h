#ifndef NN_SOFTMAX_S8_H
#define NN_SOFTMAX_S8_H

#include "nn_common.h"

typedef struct {
    int32_t outer, count, inner;
    int32_t numerator, denominator_shift; /* numerator / 2^denominator_shift = 1 / out_scale */
    int32_t out_zero_point;
} nn_softmax_s8_params;

/*
 * Softmax over the middle axis of [outer][count][inner], in uint32 throughout: with m the largest input,
 * t = table[m - q] and d = sum(t) << denominator_shift,
 *     clamp(out_zero_point + floor((t * numerator + floor(d / 2)) / d), -128, 127)
 *   table  [256]: exp(-i * in_scale) in fixed point (src/numerics/softmax.ts)
 * Output may be input.
 */
void nn_softmax_s8(const nn_softmax_s8_params *p, const int8_t *input, const NN_FLASH uint16_t *table,
                   int8_t *output);

#endif
