#include "nn_max_unpool.h"

NN_KERNEL void nn_max_unpool(const nn_max_unpool_params *p, const void *input, const int64_t *indices,
                             void *output) {
    const uint8_t *in = input;
    uint8_t *out = output;
    const int32_t bytes = p->element_bytes;
    memset(out, 0, (size_t)(p->out_count * bytes));
    for (int32_t i = 0; i < p->count; i++) {
        if (indices[i] >= 0 && indices[i] < p->out_count) {
            memcpy(out + (int32_t)indices[i] * bytes, in + i * bytes, (size_t)bytes);
        }
    }
}
