#include "nn_log_softmax_s8.h"

/* floor(2^16 * log2(x)), or one less, x >= 1: one bit of the result per squaring. */
static int32_t log2_fixed(uint32_t x) {
    int32_t result = 31;
    while (x < 0x80000000u) {
        x <<= 1;
        result--;
    }
    for (int bit = 0; bit < 16; bit++) {
        const uint64_t square = (uint64_t)x * x;
        const uint32_t doubled = (uint32_t)(square >> 63);
        x = (uint32_t)(square >> (31 + doubled));
        result = 2 * result + (int32_t)doubled;
    }
    return result;
}

NN_KERNEL void nn_log_softmax_s8(const nn_log_softmax_s8_params *p, const int8_t *input,
                                 const NN_FLASH uint16_t *table, int8_t *output) {
    const int32_t size = p->count * p->inner;
    for (int32_t outer = 0; outer < p->outer; outer++) {
        for (int32_t inner = 0; inner < p->inner; inner++) {
            int32_t largest = -128;
            uint32_t sum = 0;
            for (int32_t i = inner; i < size; i += p->inner) {
                largest = input[i] > largest ? input[i] : largest;
            }
            for (int32_t i = inner; i < size; i += p->inner) {
                sum += table[largest - input[i]];
            }
            const int64_t log = (int64_t)(log2_fixed(sum) - p->log_top) * p->logarithm;
            const int64_t offset = ((int64_t)1 << (p->shift - 1)) - log;
            for (int32_t i = inner; i < size; i += p->inner) {
                const int64_t value = offset - (int64_t)(largest - input[i]) * p->difference;
                const int64_t q = p->out_zero_point + (value >> p->shift);
                output[i] = (int8_t)(q < -128 ? -128 : q > 127 ? 127 : q);
            }
        }
        input += size;
        output += size;
    }
}
