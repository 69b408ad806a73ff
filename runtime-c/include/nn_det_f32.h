#ifndef NN_DET_F32_H
#define NN_DET_F32_H

#include "nn_common.h"

typedef struct {
    int32_t count, size; /* matrices, rows of each */
} nn_det_f32_params;

/*
 * Determinants, float32: Gaussian elimination with the largest pivot of each column, the first of equal ones.
 *   input    [count][size][size]
 *   scratch  one matrix
 *   output   [count]
 */
void nn_det_f32(const nn_det_f32_params *p, const float *input, void *scratch, float *output);

#endif
