#ifndef NN_MAX_POOL_INDICES_F32_H
#define NN_MAX_POOL_INDICES_F32_H

#include "nn_math.h"

/* Sizes and steps in elements; planes: batch times channels. index_stride: what an index counts per step. */
typedef struct {
    int32_t planes;
    int32_t in_d, in_h, in_w, out_d, out_h, out_w;
    int32_t kernel_d, kernel_h, kernel_w, stride_d, stride_h, stride_w;
    int32_t dilation_d, dilation_h, dilation_w, pad_front, pad_top, pad_left;
    int32_t index_stride_d, index_stride_h, index_stride_w;
} nn_max_pool_indices_f32_params;

/*
 * 3-D max pooling, float32, channels first, that says where the maxima lie; of equal ones the first counts.
 *   input    [planes][in_d][in_h][in_w]
 *   output   [planes][out_d][out_h][out_w]
 *   indices  of the same shape: plane * in_d * in_h * in_w + position * index_stride; -1 for a window without
 *            input elements, whose maximum is -infinity
 */
void nn_max_pool_indices_f32(const nn_max_pool_indices_f32_params *p, const float *input, float *output,
                             int64_t *indices);

#endif
