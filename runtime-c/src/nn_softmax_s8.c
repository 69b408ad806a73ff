#include "nn_softmax_s8.h"

NN_KERNEL void nn_softmax_s8(const nn_softmax_s8_params *p, const int8_t *input,
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
            sum <<= p->denominator_shift;
            for (int32_t i = inner; i < size; i += p->inner) {
                const uint32_t term = table[largest - input[i]] * (uint32_t)p->numerator;
                const int32_t q = p->out_zero_point + (int32_t)((term + (sum >> 1)) / sum);
                output[i] = (int8_t)(q < -128 ? -128 : q > 127 ? 127 : q);
            }
        }
        input += size;
        output += size;
    }
}
