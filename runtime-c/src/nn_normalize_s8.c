#include "nn_normalize_s8.h"

#include "nn_strided.h"

/* The largest integer whose square is at most x. */
static uint32_t square_root(uint64_t x) {
    uint32_t root = 0;
    for (uint32_t bit = 0x80000000u; bit != 0; bit >>= 1) {
        const uint32_t trial = root | bit;
        if ((uint64_t)trial * trial <= x) {
            root = trial;
        }
    }
    return root;
}

/* n * sum(x'^2) - S^2 + epsilon, and S. */
static uint64_t variance_of(const nn_normalize_s8_params *p, const int8_t *input, int32_t *sum) {
    int32_t total = 0;
    int64_t squares = 0;
    int32_t index[5] = {0};
    do {
        const int8_t *x = input + nn_row_offset(index, p->window_stride);
        for (int32_t i = 0; i < p->window[5]; i++) {
            const int32_t value = *x - p->in_zero_point;
            total += value;
            squares += value * value;
            x += p->window_stride[5];
        }
    } while (nn_next_row(p->window, index));
    *sum = p->centre ? total : 0;
    return (uint64_t)(p->count * squares - (int64_t)*sum * *sum) + (uint64_t)p->epsilon;
}

static void normalize(const nn_normalize_s8_params *p, const int8_t *input, int8_t *output) {
    int32_t sum;
    uint64_t variance = variance_of(p, input, &sum);
    if (variance == 0) {
        variance = 1; /* all elements are equal: their differences from the mean are 0 */
    }
    int32_t shift = p->shift;
    while (variance < 0x4000000000000000u) {
        variance <<= 2;
        shift--;
    }
    const uint32_t root = square_root(variance);
    const int32_t multiplier = (int32_t)((((uint64_t)(uint32_t)p->numerator << 31) + root / 2) / root);
    int32_t index[5] = {0};
    do {
        int32_t at = nn_row_offset(index, p->window_stride);
        for (int32_t i = 0; i < p->window[5]; i++) {
            const int32_t acc = p->count * (input[at] - p->in_zero_point) - sum;
            output[at] = nn_requantize_s8(acc, multiplier, (uint8_t)shift, p->out_zero_point, -128, 127);
            at += p->window_stride[5];
        }
    } while (nn_next_row(p->window, index));
}

NN_KERNEL void nn_normalize_s8(const nn_normalize_s8_params *p, const int8_t *input, int8_t *output) {
    int32_t index[5] = {0};
    do {
        int32_t at = nn_row_offset(index, p->stride);
        for (int32_t i = 0; i < p->shape[5]; i++) {
            normalize(p, input + at, output + at);
            at += p->stride[5];
        }
    } while (nn_next_row(p->shape, index));
}
