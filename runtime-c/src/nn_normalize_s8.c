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

/* floor((product + 2^(shift - 1)) / 2^shift) for shift in [1, 62]. */
static int64_t rounded(int64_t product, int32_t shift) {
    return ((product >> (shift - 1)) + 1) >> 1;
}

static void normalize(const nn_normalize_s8_params *p, const int8_t *input, const NN_FLASH int32_t *scale,
                      const NN_FLASH int32_t *bias, int8_t *output) {
    int32_t sum;
    uint64_t variance = variance_of(p, input, &sum);
    if (variance == 0) {
        variance = 1; /* all elements are equal: their differences from the mean are 0 */
    }
    int32_t shift = 42;
    while (variance < 0x4000000000000000u) {
        variance <<= 2;
        shift--;
    }
    const uint32_t root = square_root(variance);
    const int64_t multiplier = (int64_t)((((uint64_t)1 << 62) + root / 2) / root);
    const int64_t bias_unit = (int64_t)1 << (p->shift - 20);
    int32_t index[5] = {0};
    do {
        int32_t at = nn_row_offset(index, p->window_stride);
        int32_t channel = nn_row_offset(index, p->window_scale_stride);
        for (int32_t i = 0; i < p->window[5]; i++) {
            const int32_t acc = p->count * (input[at] - p->in_zero_point) - sum;
            const int64_t y = rounded(acc * multiplier, shift);
            const int64_t scaled = rounded(y * scale[channel] + bias[channel] * bias_unit, p->shift);
            const int64_t q = scaled + p->out_zero_point;
            output[at] = (int8_t)(q < -128 ? -128 : q > 127 ? 127 : q);
            at += p->window_stride[5];
            channel += p->window_scale_stride[5];
        }
    } while (nn_next_row(p->window, index));
}

NN_KERNEL void nn_normalize_s8(const nn_normalize_s8_params *p, const int8_t *input,
                               const NN_FLASH int32_t *scale, const NN_FLASH int32_t *bias, int8_t *output) {
    int32_t index[5] = {0};
    do {
        int32_t at = nn_row_offset(index, p->stride);
        int32_t channel = nn_row_offset(index, p->scale_stride);
        for (int32_t i = 0; i < p->shape[5]; i++) {
            normalize(p, input + at, scale + channel, bias + channel, output + at);
            at += p->stride[5];
            channel += p->scale_stride[5];
        }
    } while (nn_next_row(p->shape, index));
}
