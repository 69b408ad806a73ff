#ifndef NN_WHERE_H
#define NN_WHERE_H

#include "nn_common.h"

/*
 * element_bytes is 1, 2, 4 or 8. shape is that of the output, leading dimensions 1; strides in elements of
 * the condition, of a and of b along its axes; 0 broadcasts.
 */
typedef struct {
    int32_t element_bytes;
    int32_t shape[6], c_stride[6], a_stride[6], b_stride[6];
} nn_where_params;

/*
 * condition ? a : b, element by element. output [shape...], contiguous, aligned to element_bytes as a and b
 * are; may be a or b when the sizes are equal.
 */
void nn_where(const nn_where_params *p, const uint8_t *condition, const void *a, const void *b, void *output);

#endif
