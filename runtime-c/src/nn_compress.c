#include "nn_compress.h"

#include <string.h>

NN_KERNEL void nn_compress(const nn_compress_params *p, const void *input, const uint8_t *condition,
                           void *output, int32_t *count) {
    const size_t bytes = (size_t)p->block_bytes;
    const uint8_t *in = input;
    uint8_t *out = output;
    int32_t kept = 0;
    for (int32_t i = 0; i < p->chosen; i++) {
        kept += condition[i] != 0;
    }
    for (int32_t outer = 0; outer < p->outer; outer++) {
        for (int32_t i = 0; i < p->chosen; i++) {
            if (condition[i] != 0) {
                memcpy(out, in + (size_t)i * bytes, bytes);
                out += bytes;
            }
        }
        in += (size_t)p->size * bytes;
    }
    memset(out, 0, (size_t)p->outer * (size_t)(p->chosen - kept) * bytes);
    *count = kept;
}
