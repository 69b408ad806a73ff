#ifndef NN_RESIZE_NEAREST_H
#define NN_RESIZE_NEAREST_H

#include "nn_common.h"

/* Sizes in pixels; a pixel has pixel_bytes bytes (channels times element size). */
typedef struct {
    int32_t batch, in_h, in_w, out_h, out_w;
    int32_t pixel_bytes;
} nn_resize_nearest_params;

/*
 * Nearest-neighbour resizing, channels last, any element type: output pixel (y, x) is input pixel
 * (rows[y], columns[x]).
 *   input    [batch][in_h][in_w] pixels
 *   rows     [out_h] in [0, in_h)
 *   columns  [out_w] in [0, in_w)
 *   output   [batch][out_h][out_w] pixels
 */
void nn_resize_nearest(const nn_resize_nearest_params *p, const void *input, const NN_FLASH uint16_t *rows,
                       const NN_FLASH uint16_t *columns, void *output);

#endif
