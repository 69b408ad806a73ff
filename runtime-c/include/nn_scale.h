/*
 * Requantisation in 32 bits, for multipliers below 1/4 of the variants of layers with weights.
 */
#ifndef NN_SCALE_H
#define NN_SCALE_H

#include "nn_common.h"

/* floor(a * b / 2^32), 0 <= b. */
static inline int32_t nn_multiply_high(int32_t a, int32_t b) {
#if defined(__ARM_ARCH_6M__) || defined(__ARM_ARCH_8M_BASE__)
    /* No long multiplication: four products of halves. None of the sums leaves 32 bits. */
    const uint32_t a_low = (uint16_t)a;
    const uint32_t b_low = (uint16_t)b;
    const int32_t a_high = a >> 16;
    const uint32_t b_high = (uint32_t)b >> 16;
    const uint32_t middle = a_low * b_high + ((a_low * b_low) >> 16);
    const int32_t low = a_high * (int32_t)b_low + (int32_t)(uint16_t)middle;
    return a_high * (int32_t)b_high + (int32_t)(middle >> 16) + (low >> 16);
#else
    return (int32_t)(((int64_t)a * b) >> 32);
#endif
}

/* What the outputs of a layer share; a copy in registers, since a store of an int8_t could change a struct.
 */
typedef struct {
    int32_t acc_shift, rounding, min, max;
} nn_scale_range;

/*
 * nn_requantize_s8 of acc * 2^acc_shift with a shift from 33 on, of which `shift` is what is beyond 33;
 * rounding is 1 + 2 * zero_point.
 */
static inline int32_t nn_scale_s8(int32_t acc, int32_t multiplier, uint8_t shift, nn_scale_range range) {
    const int32_t shifted = (int32_t)((uint32_t)acc << range.acc_shift);
    /* floor((x + 2^(n - 1)) / 2^n) = floor((floor(x / 2^(n - 1)) + 1) / 2): the low word cannot matter. */
    int32_t scaled = ((nn_multiply_high(shifted, multiplier) >> shift) + range.rounding) >> 1;
    if (scaled < range.min) {
        scaled = range.min;
    }
    if (scaled > range.max) {
        scaled = range.max;
    }
    return scaled;
}

/*
 * The same for |acc| < 2^20 in 32 bits. The multiplier comes in pieces, scale[0] + 2^10 * scale[1] + 2^20 *
 * scale[2]; scale[3] is the shift, from 21 on, less 21. floor(acc * multiplier / 2^20) is exact: each step
 * drops whole bits.
 */
static inline int32_t nn_scale_small_s8(int32_t acc, const NN_FLASH uint16_t *scale, nn_scale_range range) {
    int32_t product = (acc * scale[0]) >> 10;
    product = (acc * scale[1] + product) >> 10;
    product = acc * scale[2] + product;
    int32_t scaled = ((product >> scale[3]) + range.rounding) >> 1;
    if (scaled < range.min) {
        scaled = range.min;
    }
    if (scaled > range.max) {
        scaled = range.max;
    }
    return scaled;
}

#endif
