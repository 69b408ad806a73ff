/* What the kernels on int16 values with int8 weights share. Such values have the zero point 0. */
#ifndef NN_S16_H
#define NN_S16_H

#include "nn_common.h"

/* acc + sum(x[i] * w[i]), i in [0, count): in 64 bits with wide_sums, else in 32, where the caller says so.
 */
static inline int64_t nn_dot_s16(int64_t acc, const int16_t *x, const NN_FLASH int8_t *w, int32_t count,
                                 int32_t wide_sums) {
    if (wide_sums) {
        for (; count > 0; count--) {
            acc += (int32_t)*x++ * *w++;
        }
        return acc;
    }
    int32_t sum = (int32_t)acc;
    for (; count >= 4; count -= 4) {
        sum += (int32_t)x[0] * w[0];
        sum += (int32_t)x[1] * w[1];
        sum += (int32_t)x[2] * w[2];
        sum += (int32_t)x[3] * w[3];
        x += 4;
        w += 4;
    }
    for (; count > 0; count--) {
        sum += (int32_t)*x++ * *w++;
    }
    return sum;
}

/*
 * nn_requantize_s8 for results of up to 16 bits. Written out: in int8 kernels, compilers make less of a
 * common function.
 */
static inline int32_t nn_requantize(int32_t acc, int32_t multiplier, uint8_t shift, int32_t zero_point,
                                    int32_t min, int32_t max) {
    const int64_t product = (int64_t)acc * multiplier;
    if (shift > 32) {
        const int32_t doubled = (int32_t)(product >> 32) >> (shift - 33);
        const int32_t scaled = ((doubled + 1) >> 1) + zero_point;
        return scaled < min ? min : scaled > max ? max : scaled;
    }
    const int64_t scaled = (((product >> (shift - 1)) + 1) >> 1) + zero_point;
    return (int32_t)(scaled < min ? min : scaled > max ? max : scaled);
}

/*
 * nn_requantize for sums of up to 64 bits. The caller guarantees
 * |acc| * multiplier + 2^(shift - 1) < 2^63.
 */
static inline int32_t nn_requantize_s16(int64_t acc, int32_t multiplier, uint8_t shift, int32_t zero_point,
                                        int32_t min, int32_t max) {
    if (acc == (int32_t)acc) {
        return nn_requantize((int32_t)acc, multiplier, shift, zero_point, min, max);
    }
    const int64_t scaled = (((acc * multiplier >> (shift - 1)) + 1) >> 1) + zero_point;
    return (int32_t)(scaled < min ? min : scaled > max ? max : scaled);
}

/* Writes a result of `bytes` bytes, 1 or 2; returns where the next one goes. */
static inline void *nn_store_s16(void *output, int32_t value, int32_t bytes) {
    if (bytes == 1) {
        *(int8_t *)output = (int8_t)value;
        return (int8_t *)output + 1;
    }
    *(int16_t *)output = (int16_t)value;
    return (int16_t *)output + 1;
}

#endif
