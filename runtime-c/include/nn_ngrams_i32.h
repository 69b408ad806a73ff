#ifndef NN_NGRAMS_I32_H
#define NN_NGRAMS_I32_H

#include "nn_common.h"

typedef struct {
    int32_t rows, columns, grams, distances, results;
} nn_ngrams_i32_params;

/*
 * How often sequences of integers (n-grams) occur in each row, their members 1, 2 ... `distances` places
 * apart; single integers are counted once.
 *   input    [rows][columns]
 *   pool     the n-grams one after the other
 *   entries  [grams][2]: length of the n-gram, place of its count in the result
 *   output   [rows][results] counts
 */
void nn_ngrams_i32(const nn_ngrams_i32_params *p, const int32_t *input, const NN_FLASH int32_t *pool,
                   const NN_FLASH int32_t *entries, float *output);

#endif
