#ifndef NN_SCATTER_H
#define NN_SCATTER_H

#include "nn_indexed.h"

/* The output is a row of blocks of block_bytes, total_bytes in all; the other fields:
 * nn_indexed.h. */
typedef struct {
    int32_t total_bytes, block_bytes;
    int32_t index_bytes, depth;
    int32_t size[6], stride[6];
    int32_t shape[6], base_stride[6], index_stride[6];
} nn_scatter_params;

/*
 * output = data, then one block of updates [shape...] goes where each tuple of indices says, the last one
 * wins. Negative indices count from the end; those outside their axis are clamped to it. output may be data.
 */
void nn_scatter(const nn_scatter_params *p, const void *data, const void *indices, const void *updates,
                void *output);

#endif
