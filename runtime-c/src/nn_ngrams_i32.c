#include "nn_ngrams_i32.h"

static int32_t count_gram(const int32_t *row, int32_t columns, const NN_FLASH int32_t *gram, int32_t length,
                          int32_t distance) {
    const int32_t last = columns - distance * (length - 1);
    int32_t count = 0;
    for (int32_t first = 0; first < last; first++) {
        int32_t k = 0;
        while (k < length && row[first + k * distance] == gram[k]) {
            k++;
        }
        if (k == length) {
            count++;
        }
    }
    return count;
}

NN_KERNEL void nn_ngrams_i32(const nn_ngrams_i32_params *p, const int32_t *input,
                             const NN_FLASH int32_t *pool, const NN_FLASH int32_t *entries, float *output) {
    for (int32_t row = 0; row < p->rows; row++) {
        const NN_FLASH int32_t *gram = pool;
        for (int32_t i = 0; i < p->results; i++) {
            output[i] = 0.0f;
        }
        for (int32_t g = 0; g < p->grams; g++) {
            const int32_t length = entries[2 * g];
            const int32_t distances = length == 1 ? 1 : p->distances;
            for (int32_t distance = 1; distance <= distances; distance++) {
                output[entries[2 * g + 1]] += (float)count_gram(input, p->columns, gram, length, distance);
            }
            gram += length;
        }
        input += p->columns;
        output += p->results;
    }
}
