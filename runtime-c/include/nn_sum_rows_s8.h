#ifndef NN_SUM_ROWS_S8_H
#define NN_SUM_ROWS_S8_H

#include "nn_common.h"

/* `made`: rows that are in the sums already. */
typedef struct {
    int32_t rows, count, inner;
    int32_t in_zero_point, made;
} nn_sum_rows_s8_params;

/*
 * Sums over rows and their middle axis, of values without their zero point; the rows may come band by band.
 *   input   [rows][count][inner]
 *   output  [inner]: those of this call, and of the `made` rows before
 */
void nn_sum_rows_s8(const nn_sum_rows_s8_params *p, const int8_t *input, int32_t *output);

#endif
