#include "nn_gather.h"

NN_KERNEL void nn_gather(const nn_gather_params *p, const void *input, const void *indices, void *output) {
    const int32_t bytes = p->block_bytes;
    uint8_t *out = output;
    int32_t index[5] = {0};
    do {
        int32_t base = nn_row_offset(index, p->base_stride);
        int32_t first = nn_row_offset(index, p->index_stride);
        for (int32_t i = 0; i < p->shape[5]; i++) {
            const int32_t block =
                base + nn_indexed_block(indices, first, p->index_bytes, p->depth, p->size, p->stride);
            memcpy(out, (const uint8_t *)input + block * bytes, (size_t)bytes);
            out += bytes;
            base += p->base_stride[5];
            first += p->index_stride[5];
        }
    } while (nn_next_row(p->shape, index));
}
