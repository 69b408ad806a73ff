#ifndef NN_PAD_H
#define NN_PAD_H

#include "nn_common.h"

/*
 * element_bytes is 1, 2, 4 or 8. Leading dimensions are 1; pad_begin >= 0 and pad_begin + in_shape <=
 * out_shape on every axis. The low element_bytes bytes of value_high * 2^32 + value_bits are the element that
 * fills the padding.
 */
typedef struct {
    int32_t element_bytes;
    int32_t in_shape[6], pad_begin[6], out_shape[6];
    int32_t value_bits, value_high;
} nn_pad_params;

/* Constant padding: input [in_shape...] at position pad_begin of output [out_shape...]. */
void nn_pad(const nn_pad_params *p, const void *input, void *output);

#endif
