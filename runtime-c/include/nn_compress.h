#ifndef NN_COMPRESS_H
#define NN_COMPRESS_H

#include "nn_common.h"

/*
 * The input is [outer, size] blocks of block_bytes, the condition [chosen] bools, chosen <= size.
 */
typedef struct {
    int32_t outer, size, chosen, block_bytes;
} nn_compress_params;

/*
 * Keeps the blocks whose condition is true: output [outer, count] blocks without gaps, zeros behind them up
 * to [outer, chosen] blocks; count [1] the number of true conditions.
 */
void nn_compress(const nn_compress_params *p, const void *input, const uint8_t *condition, void *output,
                 int32_t *count);

#endif
