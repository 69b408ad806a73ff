#include "nn_pad.h"

#include "nn_strided.h"

static void fill(uint8_t *out, int32_t bytes, int32_t element_bytes, uint32_t value, uint32_t high) {
    uint8_t element[8];
    for (int i = 0; i < 4; i++) {
        element[i] = (uint8_t)(value >> (8 * i));
        element[i + 4] = (uint8_t)(high >> (8 * i));
    }
    for (int32_t at = 0; at < bytes; at += element_bytes) {
        memcpy(out + at, element, (size_t)element_bytes);
    }
}

NN_KERNEL void nn_pad(const nn_pad_params *p, const void *input, void *output) {
    int32_t stride[6];
    int32_t count = 1;
    int32_t begin = 0;
    for (int axis = 5; axis >= 0; axis--) {
        stride[axis] = count;
        begin += p->pad_begin[axis] * count;
        count *= p->out_shape[axis];
    }
    const int32_t size = p->element_bytes;
    const int32_t row_bytes = p->in_shape[5] * size;
    fill(output, count * size, size, (uint32_t)p->value_bits, (uint32_t)p->value_high);
    const uint8_t *in = input;
    uint8_t *first = (uint8_t *)output + begin * size;
    int32_t index[5] = {0};
    do {
        memcpy(first + nn_row_offset(index, stride) * size, in, (size_t)row_bytes);
        in += row_bytes;
    } while (nn_next_row(p->in_shape, index));
}
