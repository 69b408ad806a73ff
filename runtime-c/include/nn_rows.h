/*
 * Layers that run together, rows by rows: what lies between them is kept in line buffers that hold the rows
 * still to be read, one after the other.
 */
#ifndef NN_ROWS_H
#define NN_ROWS_H

#include "nn_common.h"

#include <string.h>

/* Rows [first, end) of a tensor, at the start of `data`. */
typedef struct {
    uint8_t *data;
    int32_t row_bytes, first, end;
} nn_lines;

/* Rows of the input that a call sees: `in_rows` from `first` on, with `pad_top` rows of padding above. */
typedef struct {
    int32_t first, in_rows, pad_top;
} nn_band;

static inline int32_t nn_min_i32(int32_t a, int32_t b) {
    return a < b ? a : b;
}

static inline int32_t nn_max_i32(int32_t a, int32_t b) {
    return a > b ? a : b;
}

/* First row of the input that a layer reads when its next row is `row`. */
static inline int32_t nn_first_row(int32_t row, int32_t stride, int32_t pad_top) {
    return nn_max_i32(0, row * stride - pad_top);
}

/* Rows of the input that a layer has seen, from the first on, when it has made `rows` > 0 rows. */
static inline int32_t nn_seen_rows(int32_t rows, int32_t stride, int32_t pad_top, int32_t window,
                                   int32_t in_h) {
    return nn_min_i32(in_h, (rows - 1) * stride - pad_top + window);
}

/* What the rows [row, end) of the output see of an input of in_h rows. */
static inline nn_band nn_band_of(int32_t row, int32_t end, int32_t stride, int32_t pad_top, int32_t window,
                                 int32_t in_h) {
    nn_band band;
    band.first = nn_first_row(row, stride, pad_top);
    band.in_rows = nn_seen_rows(end, stride, pad_top, window, in_h) - band.first;
    band.pad_top = band.first - (row * stride - pad_top);
    return band;
}

static inline uint8_t *nn_row(const nn_lines *lines, int32_t row) {
    return lines->data + (row - lines->first) * lines->row_bytes;
}

/* Gives up the rows before `first`; the others move to the front. */
static inline void nn_drop_rows(nn_lines *lines, int32_t first) {
    if (first > lines->first) {
        memmove(lines->data, nn_row(lines, first), (size_t)((lines->end - first) * lines->row_bytes));
        lines->first = first;
    }
}

#endif
