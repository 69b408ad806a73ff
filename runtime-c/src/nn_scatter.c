#include "nn_scatter.h"

NN_KERNEL void nn_scatter(const nn_scatter_params *p, const void *data, const void *indices,
                          const void *updates, void *output) {
    const int32_t bytes = p->block_bytes;
    const uint8_t *update = updates;
    int32_t index[5] = {0};
    if (output != data) {
        memcpy(output, data, (size_t)p->total_bytes);
    }
    do {
        int32_t base = nn_row_offset(index, p->base_stride);
        int32_t first = nn_row_offset(index, p->index_stride);
        for (int32_t i = 0; i < p->shape[5]; i++) {
            const int32_t block =
                base + nn_indexed_block(indices, first, p->index_bytes, p->depth, p->size, p->stride);
            memcpy((uint8_t *)output + block * bytes, update, (size_t)bytes);
            update += bytes;
            base += p->base_stride[5];
            first += p->index_stride[5];
        }
    } while (nn_next_row(p->shape, index));
}
