#ifndef NN_LOG_SOFTMAX_S8_H
#define NN_LOG_SOFTMAX_S8_H

#include "nn_common.h"

typedef struct {
    int32_t outer, count, inner;
    int32_t log_top;               /* 2^16 * log2(table[0]) */
    int32_t difference, logarithm; /* in_scale, ln(2) / 2^16: both / out_scale * 2^shift */
    int32_t shift;                 /* 1 to 46 */
    int32_t out_zero_point;
} nn_log_softmax_s8_params;

/*
 * LogSoftmax over the middle axis of [outer][count][inner], in integers throughout: with m the largest input
 * and l = 2^16 * log2(sum(table[m - q])), rounded down, clamp(out_zero_point + floor((2^(shift - 1) - (m - q)
 * * difference - (l - log_top) * logarithm) / 2^shift), -128, 127) table  [256]: exp(-i * in_scale) in fixed
 * point (src/numerics/log_softmax.ts); the sum fits 32 bits Output may be input.
 */
void nn_log_softmax_s8(const nn_log_softmax_s8_params *p, const int8_t *input, const NN_FLASH uint16_t *table,
                       int8_t *output);

#endif
