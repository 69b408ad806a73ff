#include "nn_transpose.h"

#include "nn_strided.h"

NN_KERNEL void nn_transpose(const nn_transpose_params *p, const void *input, void *output) {
    const int32_t size = p->element_bytes;
    const int32_t count = p->shape[5];
    const uint8_t *in = input;
    uint8_t *out = output;
    int32_t index[5] = {0};
    do {
        nn_copy_row(out, in + nn_row_offset(index, p->in_stride) * size, count, p->in_stride[5], size);
        out += count * size;
    } while (nn_next_row(p->shape, index));
}
