#include "nn_nonzero.h"

#include <string.h>

NN_KERNEL void nn_nonzero(const nn_nonzero_params *p, const uint8_t *input, int64_t *output, int32_t *count) {
    int32_t elements = 1;
    for (int32_t axis = 0; axis < p->rank; axis++) {
        elements *= p->shape[axis];
    }
    int32_t total = 0;
    for (int32_t i = 0; i < elements; i++) {
        total += input[i] != 0;
    }
    memset(output, 0, (size_t)p->rank * (size_t)elements * sizeof *output);
    int32_t kept = 0;
    for (int32_t i = 0; i < elements; i++) {
        if (input[i] == 0) {
            continue;
        }
        int32_t rest = i;
        for (int32_t axis = p->rank - 1; axis >= 0; axis--) {
            output[axis * total + kept] = rest % p->shape[axis];
            rest /= p->shape[axis];
        }
        kept++;
    }
    *count = total;
}
