#include "nn_lut_s8_thumb2.h"

#include <string.h>

NN_KERNEL void nn_lut_s8_thumb2(const nn_lut_s8_thumb2_params *p, const int8_t *input, const int8_t *table,
                                int8_t *output) {
    int32_t count = p->count;
    for (; count >= 4; count -= 4) {
        uint32_t word;
        memcpy(&word, input, sizeof word);
        const int8_t q0 = table[word & 255];
        const int8_t q1 = table[word >> 8 & 255];
        const int8_t q2 = table[word >> 16 & 255];
        const int8_t q3 = table[word >> 24];
        output[0] = q0;
        output[1] = q1;
        output[2] = q2;
        output[3] = q3;
        input += 4;
        output += 4;
    }
    for (; count > 0; count--) {
        *output++ = table[(uint8_t)*input++];
    }
}
