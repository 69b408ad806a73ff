/*
 * What the kernels for AVR share: products of eight bits added up one after the other, and the requantisation
 * without arithmetic in 64 bits. Sizes are int16_t, which the core computes with twice as fast as with
 * int32_t. In plain C on other cores.
 */
#ifndef NN_AVR_H
#define NN_AVR_H

#include "nn_common.h"

/*
 * One product. MULS leaves the sign of the product in the carry flag; 12 cycles with both loads.
 * a, b: bytes; s: the sign, eight times; r1, which is zero otherwise, is cleared behind the last product.
 */
#define NN_AVR_PRODUCT(next)                                                                                 \
    "ld %[a], %a[x]" next "lpm %[b], Z+\n\t"                                                                 \
    "muls %[a], %[b]\n\t"                                                                                    \
    "sbc %[s], %[s]\n\t"                                                                                     \
    "add %A[acc], r0\n\t"                                                                                    \
    "adc %B[acc], r1\n\t"                                                                                    \
    "adc %C[acc], %[s]\n\t"                                                                                  \
    "adc %D[acc], %[s]\n\t"

/* acc + sum(x[i] * w[i]), i in [0, count). */
static inline int32_t nn_avr_dot(int32_t acc, const int8_t *x, const NN_FLASH int8_t *w, int16_t count) {
#if defined(__AVR__)
    int8_t a, b, s;
    for (; count >= 4; count = (int16_t)(count - 4)) {
        __asm__ volatile(
            NN_AVR_PRODUCT("+\n\t") NN_AVR_PRODUCT("+\n\t") NN_AVR_PRODUCT("+\n\t")
                NN_AVR_PRODUCT("+\n\t") "clr __zero_reg__\n\t"
            : [acc] "+&r"(acc), [x] "+&x"(x), [w] "+&z"(w), [a] "=&d"(a), [b] "=&d"(b), [s] "=&r"(s)
            :
            : "memory");
    }
    for (; count > 0; count--) {
        __asm__ volatile(
            NN_AVR_PRODUCT("+\n\t") "clr __zero_reg__\n\t"
            : [acc] "+&r"(acc), [x] "+&x"(x), [w] "+&z"(w), [a] "=&d"(a), [b] "=&d"(b), [s] "=&r"(s)
            :
            : "memory");
    }
    return acc;
#else
    return nn_dot_s8(acc, x, w, count);
#endif
}

/* The same with `step` bytes from one x to the next. */
static inline int32_t nn_avr_dot_apart(int32_t acc, const int8_t *x, int16_t step, const NN_FLASH int8_t *w,
                                       int16_t count) {
    for (; count > 0; count--) {
#if defined(__AVR__)
        int8_t a, b, s;
        __asm__ volatile(
            NN_AVR_PRODUCT("\n\tadd %A[x], %A[step]\n\tadc %B[x], %B[step]\n\t") "clr __zero_reg__\n\t"
            : [acc] "+&r"(acc), [x] "+&x"(x), [w] "+&z"(w), [a] "=&d"(a), [b] "=&d"(b), [s] "=&r"(s)
            : [step] "r"(step)
            : "memory");
#else
        acc += *x * *w++;
        x += step;
#endif
    }
    return acc;
}

/* The product of byte i of acc and byte j of the multiplier, added to three bytes. */
#define NN_AVR_ADD(i, j, low, middle, high)                                                                  \
    "mul %" i "[acc], %" j "[multiplier]\n\t"                                                                \
    "add %[" low "], r0\n\t"                                                                                 \
    "adc %[" middle "], r1\n\t"                                                                              \
    "adc %[" high "], %[zero]\n\t"

/* floor(acc * multiplier / 2^32), multiplier in [0, 2^31). */
static inline int32_t nn_avr_product_high(int32_t acc, int32_t multiplier) {
#if defined(__AVR__)
    /* Column by column as if acc were unsigned: 2^32 too much where it is negative. About 110 cycles, gcc
     * takes 400. */
    int32_t high;
    uint8_t t0 = 0, t1 = 0, t2 = 0;
    const uint8_t zero = 0;
    /* clang-format off */
    __asm__(
        NN_AVR_ADD("A", "A", "t0", "t1", "t2")
        "clr %[t0]\n\t"
        NN_AVR_ADD("A", "B", "t1", "t2", "t0")
        NN_AVR_ADD("B", "A", "t1", "t2", "t0")
        "clr %[t1]\n\t"
        NN_AVR_ADD("A", "C", "t2", "t0", "t1")
        NN_AVR_ADD("B", "B", "t2", "t0", "t1")
        NN_AVR_ADD("C", "A", "t2", "t0", "t1")
        "clr %[t2]\n\t"
        NN_AVR_ADD("A", "D", "t0", "t1", "t2")
        NN_AVR_ADD("B", "C", "t0", "t1", "t2")
        NN_AVR_ADD("C", "B", "t0", "t1", "t2")
        NN_AVR_ADD("D", "A", "t0", "t1", "t2")
        "clr %[t0]\n\t"
        NN_AVR_ADD("B", "D", "t1", "t2", "t0")
        NN_AVR_ADD("C", "C", "t1", "t2", "t0")
        NN_AVR_ADD("D", "B", "t1", "t2", "t0")
        "mov %A[high], %[t1]\n\t"
        "clr %[t1]\n\t"
        NN_AVR_ADD("C", "D", "t2", "t0", "t1")
        NN_AVR_ADD("D", "C", "t2", "t0", "t1")
        "mov %B[high], %[t2]\n\t"
        "clr %[t2]\n\t"
        NN_AVR_ADD("D", "D", "t0", "t1", "t2")
        "mov %C[high], %[t0]\n\t"
        "mov %D[high], %[t1]\n\t"
        "sbrs %D[acc], 7\n\t"
        "rjmp 1f\n\t"
        "sub %A[high], %A[multiplier]\n\t"
        "sbc %B[high], %B[multiplier]\n\t"
        "sbc %C[high], %C[multiplier]\n\t"
        "sbc %D[high], %D[multiplier]\n\t"
        "1: clr __zero_reg__\n\t"
        : [high] "=&r"(high), [t0] "+&r"(t0), [t1] "+&r"(t1), [t2] "+&r"(t2)
        : [acc] "r"(acc), [multiplier] "r"(multiplier), [zero] "r"(zero));
    /* clang-format on */
    return high;
#else
    return (int32_t)(((int64_t)acc * multiplier) >> 32);
#endif
}

/* nn_requantize_s8 for shifts of 33 and more. */
static inline int8_t nn_avr_requantize(int32_t acc, int32_t multiplier, uint8_t shift, int16_t zero_point,
                                       int16_t min, int16_t max) {
    const int32_t doubled = nn_avr_product_high(acc, multiplier) >> (shift - 33);
    const int32_t scaled = ((doubled + 1) >> 1) + zero_point;
    return (int8_t)(scaled < min ? min : scaled > max ? max : scaled);
}

/* Taps of a window inside an axis: [begin, end), the first of them at place `first` of the axis. */
typedef struct {
    int16_t begin, end, first;
} nn_avr_taps;

static inline nn_avr_taps nn_avr_taps_inside(int16_t start, int16_t dilation, int16_t taps, int16_t size) {
    nn_avr_taps inside = {0, 0, start};
    while (inside.begin < taps && inside.first < 0) {
        inside.begin++;
        inside.first = (int16_t)(inside.first + dilation);
    }
    int16_t place = inside.first;
    inside.end = inside.begin;
    while (inside.end < taps && place < size) {
        inside.end++;
        place = (int16_t)(place + dilation);
    }
    return inside;
}

#endif
