#ifndef NN_TRANSPOSE_H
#define NN_TRANSPOSE_H

#include "nn_common.h"

/*
 * element_bytes is 1, 2, 4 or 8. shape is that of the output, leading dimensions 1; in_stride holds, for
 * every axis of the output, the distance in elements between neighbours in the input.
 */
typedef struct {
    int32_t element_bytes;
    int32_t shape[6], in_stride[6];
} nn_transpose_params;

/* Permutes axes: output [shape...], contiguous. Both tensors are aligned to element_bytes. */
void nn_transpose(const nn_transpose_params *p, const void *input, void *output);

#endif
