#include "nn_concat.h"

#include <string.h>

NN_KERNEL void nn_concat(const nn_concat_params *p, const void *const inputs[],
                         const NN_FLASH int32_t *block_bytes, void *output) {
    uint8_t *out = output;
    for (int32_t block = 0; block < p->outer; block++) {
        for (int32_t i = 0; i < p->input_count; i++) {
            const int32_t bytes = block_bytes[i];
            memcpy(out, (const uint8_t *)inputs[i] + block * bytes, (size_t)bytes);
            out += bytes;
        }
    }
}
