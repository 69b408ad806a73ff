/* Blocks addressed by tuples of indices that stand in a tensor. */
#ifndef NN_INDEXED_H
#define NN_INDEXED_H

#include "nn_strided.h"

/*
 * Fields of the kernels' parameters: index_bytes is 4 (int32_t) or 8 (int64_t). A tuple has depth <= 6
 * indices, one beside the other; index k counts along an axis of size[k] > 0 whose neighbours are stride[k]
 * blocks apart. There are shape[0] * ... * shape[5] tuples, leading dimensions 1; along these axes the tuples
 * are index_stride indices apart, and what they address is base_stride blocks apart.
 */

/* Index number `at` as a position in [0, size): negative ones count from the end, those beyond are clamped.
 */
static inline int32_t nn_index(const void *indices, int32_t at, int32_t index_bytes, int32_t size) {
    const int64_t given = index_bytes == 8 ? ((const int64_t *)indices)[at] : ((const int32_t *)indices)[at];
    if (given >= 0) {
        return given < size ? (int32_t)given : size - 1;
    }
    return given >= -(int64_t)size ? (int32_t)(given + size) : 0;
}

/* The block that `depth` indices from number `first` on address. */
static inline int32_t nn_indexed_block(const void *indices, int32_t first, int32_t index_bytes, int32_t depth,
                                       const int32_t size[6], const int32_t stride[6]) {
    int32_t block = 0;
    for (int32_t k = 0; k < depth; k++) {
        block += nn_index(indices, first + k, index_bytes, size[k]) * stride[k];
    }
    return block;
}

#endif
