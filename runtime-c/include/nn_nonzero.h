#ifndef NN_NONZERO_H
#define NN_NONZERO_H

#include "nn_common.h"

/* The first `rank` dimensions are those of the input, rank >= 1. */
typedef struct {
    int32_t rank, shape[8];
} nn_nonzero_params;

/*
 * Where the input [shape...] is not 0, in row-major order: output [rank, count], one row per axis, zeros
 * behind it up to rank * elements of the input; count [1].
 */
void nn_nonzero(const nn_nonzero_params *p, const uint8_t *input, int64_t *output, int32_t *count);

#endif
