#ifndef NN_GATHER_H
#define NN_GATHER_H

#include "nn_indexed.h"

/* The input is a row of blocks of block_bytes; the other fields: nn_indexed.h. */
typedef struct {
    int32_t block_bytes;
    int32_t index_bytes, depth;
    int32_t size[6], stride[6];
    int32_t shape[6], base_stride[6], index_stride[6];
} nn_gather_params;

/*
 * Picks one block per tuple of indices: output [shape...] blocks. Negative indices count from the end; those
 * outside their axis are clamped to it.
 */
void nn_gather(const nn_gather_params *p, const void *input, const void *indices, void *output);

#endif
