#ifndef NN_SLICE_H
#define NN_SLICE_H

#include "nn_common.h"

/*
 * element_bytes is 1, 2, 4 or 8. shape is that of the output, leading dimensions 1; in_offset is the first
 * element taken from the input; in_stride holds, for every axis, the distance in elements between neighbours
 * in the input, negative where the axis is reversed.
 */
typedef struct {
    int32_t element_bytes;
    int32_t shape[6], in_stride[6];
    int32_t in_offset;
} nn_slice_params;

/* Cuts a strided block out of the input: output [shape...], contiguous. Both are aligned to element_bytes. */
void nn_slice(const nn_slice_params *p, const void *input, void *output);

#endif
