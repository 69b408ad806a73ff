#ifndef NN_MAX_UNPOOL_H
#define NN_MAX_UNPOOL_H

#include "nn_strided.h"

/* element_bytes: 1, 2, 4 or 8; count: elements of the input, out_count: of the output. */
typedef struct {
    int32_t element_bytes, count, out_count;
} nn_max_unpool_params;

/*
 * Puts every element where its index says, zeros elsewhere; of several with one index the last stays. What an
 * index outside the output names is left out.
 *   input    [count]
 *   indices  [count]
 *   output   [out_count]
 */
void nn_max_unpool(const nn_max_unpool_params *p, const void *input, const int64_t *indices, void *output);

#endif
