#ifndef NN_CONCAT_H
#define NN_CONCAT_H

#include "nn_common.h"

/* input_count inputs, each made of `outer` blocks. */
typedef struct {
    int32_t input_count, outer;
} nn_concat_params;

/*
 * Concatenation of any element type: the output takes, `outer` times, the next block of every input in turn.
 *   inputs       [input_count] pointers; input i has outer * block_bytes[i] bytes
 *   block_bytes  [input_count] bytes of input i from the concatenated axis inwards
 */
void nn_concat(const nn_concat_params *p, const void *const inputs[], const NN_FLASH int32_t *block_bytes,
               void *output);

#endif
