/*
 * Shared definitions of the onnx2mcu kernel library. C99, no malloc, no stdio, no global state.
 * Right shifts of negative integers are arithmetic on every supported compiler (gcc, clang); the library
 * relies on it.
 */
#ifndef NN_COMMON_H
#define NN_COMMON_H

#include <stddef.h>
#include <stdint.h>

/*
 * Kernels are weak: several generated models in one firmware bring the same kernels, and the linker keeps one
 * copy.
 */
#if defined(__GNUC__)
#define NN_KERNEL __attribute__((weak))
#else
#define NN_KERNEL
#endif

/*
 * NN_FLASH marks constant tables and pointers to them: it names the address space of flash where data
 * pointers do not reach there (AVR, with the C dialect gnu99; elsewhere, and with strict c99, the tables are
 * ordinary data). NN_CALL(kernel, params, arguments...) calls a kernel whose parameters lie in flash; there
 * it copies them first.
 */
#if defined(__AVR__) && defined(__FLASH) && !defined(__STRICT_ANSI__)
#define NN_FLASH __flash
#define NN_CALL(kernel, params, ...)                                                                         \
    do {                                                                                                     \
        const kernel##_params nn_call_params = params;                                                       \
        kernel(&nn_call_params, __VA_ARGS__);                                                                \
    } while (0)
#else
#define NN_FLASH
#define NN_CALL(kernel, params, ...) kernel(&params, __VA_ARGS__)
#endif

/*
 * The one requantisation (numerics version 1), exact in 64 bits:
 *     clamp(zero_point + floor((acc * multiplier + 2^(shift - 1)) / 2^shift), min, max)
 * multiplier in [0, 2^31), shift in [1, 62].
 */
static inline int8_t nn_requantize_s8(int32_t acc, int32_t multiplier, uint8_t shift, int32_t zero_point,
                                      int32_t min, int32_t max) {
    /* floor((x + 2^(n - 1)) / 2^n) = floor((floor(x / 2^(n - 1)) + 1) / 2) needs no rounding constant. */
    const int64_t product = (int64_t)acc * multiplier;
    if (shift > 32) {
        /* The usual case, a real multiplier under 1/4: the low word cannot matter, the rest fits 32 bits. */
        const int32_t doubled = (int32_t)(product >> 32) >> (shift - 33);
        const int32_t scaled = ((doubled + 1) >> 1) + zero_point;
        return (int8_t)(scaled < min ? min : scaled > max ? max : scaled);
    }
    const int64_t scaled = (((product >> (shift - 1)) + 1) >> 1) + zero_point;
    return (int8_t)(scaled < min ? min : scaled > max ? max : scaled);
}

/* acc + sum(x[i] * w[i]), i in [0, count). */
static inline int32_t nn_dot_s8(int32_t acc, const int8_t *x, const NN_FLASH int8_t *w, int32_t count) {
    for (; count >= 4; count -= 4) {
        acc += x[0] * w[0];
        acc += x[1] * w[1];
        acc += x[2] * w[2];
        acc += x[3] * w[3];
        x += 4;
        w += 4;
    }
    for (; count > 0; count--) {
        acc += *x++ * *w++;
    }
    return acc;
}

/* sum(w[i]), i in [0, count): what taps in the padding contribute, per unit of the padding value. */
static inline int32_t nn_sum_s8(const NN_FLASH int8_t *w, int32_t count) {
    int32_t sum = 0;
    for (; count > 0; count--) {
        sum += *w++;
    }
    return sum;
}

/*
 * Number of taps k in [0, taps) with k * dilation < distance. With x0 the column under tap 0, the taps inside
 * a row of `width` columns are [nn_taps_before(-x0, ...), nn_taps_before(width - x0, ...)).
 */
static inline int32_t nn_taps_before(int32_t distance, int32_t dilation, int32_t taps) {
    const int32_t before = distance <= 0 ? 0 : (distance + dilation - 1) / dilation;
    return before < taps ? before : taps;
}

#endif
