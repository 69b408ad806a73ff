#include "nn_resize_nearest.h"

#include <string.h>

NN_KERNEL void nn_resize_nearest(const nn_resize_nearest_params *p, const void *input,
                                 const NN_FLASH uint16_t *rows, const NN_FLASH uint16_t *columns,
                                 void *output) {
    const int32_t in_row = p->in_w * p->pixel_bytes;
    const int32_t out_row = p->out_w * p->pixel_bytes;
    const uint8_t *in = input;
    uint8_t *out = output;
    for (int32_t n = 0; n < p->batch; n++) {
        for (int32_t oy = 0; oy < p->out_h; oy++) {
            if (oy > 0 && rows[oy] == rows[oy - 1]) {
                memcpy(out, out - out_row, (size_t)out_row);
                out += out_row;
                continue;
            }
            const uint8_t *row = in + rows[oy] * in_row;
            for (int32_t ox = 0; ox < p->out_w; ox++) {
                memcpy(out, row + columns[ox] * p->pixel_bytes, (size_t)p->pixel_bytes);
                out += p->pixel_bytes;
            }
        }
        in += p->in_h * in_row;
    }
}
