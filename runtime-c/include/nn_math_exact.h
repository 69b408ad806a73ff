/*
 * float32 functions whose results are exact, or correctly rounded, by IEEE 754: equal to those of libm in
 * every bit. Twin of src/numerics/float_exact.ts.
 */
#ifndef NN_MATH_EXACT_H
#define NN_MATH_EXACT_H

#include "nn_math.h"

static inline uint32_t nn_bits_of(float x) {
    const union {
        float value;
        uint32_t bits;
    } same = {.value = x};
    return same.bits;
}

static inline float nn_of_bits(uint32_t bits) {
    const union {
        uint32_t bits;
        float value;
    } same = {.bits = bits};
    return same.value;
}

static inline float nn_fabsf(float x) {
    return nn_of_bits(nn_bits_of(x) & 0x7fffffffu);
}

/* The magnitude (>= 0) with the sign of x. */
static inline float nn_with_sign_of(float x, float magnitude) {
    return nn_of_bits(nn_bits_of(magnitude) | (nn_bits_of(x) & 0x80000000u));
}

/* From 2^23 on every value is whole; NaN is none of both. */
static inline int nn_has_fraction(float x) {
    return x > -8388608.0f && x < 8388608.0f;
}

static inline float nn_floorf(float x) {
    if (!nn_has_fraction(x)) {
        return x;
    }
    const float whole = (float)(int32_t)x;
    return whole > x ? whole - 1.0f : nn_with_sign_of(x, nn_fabsf(whole));
}

static inline float nn_ceilf(float x) {
    if (!nn_has_fraction(x)) {
        return x;
    }
    const float whole = (float)(int32_t)x;
    return whole < x ? whole + 1.0f : nn_with_sign_of(x, nn_fabsf(whole));
}

/* To the nearest whole number, ties to even. */
static inline float nn_roundf(float x) {
    if (!nn_has_fraction(x)) {
        return x;
    }
    return nn_with_sign_of(x, (nn_fabsf(x) + 8388608.0f) - 8388608.0f);
}

/* Square root, correctly rounded: one bit of the root after the other. */
static inline float nn_sqrtf(float x) {
    if (!(x > 0.0f) || x == INFINITY) {
        return x < 0.0f ? NAN : x;
    }
    int32_t subnormal = 0;
    if (x < 1.17549435e-38f) {
        x *= 16777216.0f;
        subnormal = 24;
    }
    const uint32_t bits = nn_bits_of(x);
    const int32_t exponent = (int32_t)(bits >> 23) - 127 - subnormal;
    /* x = rest * 2^(even exponent - 24), rest in [2^24, 2^26). */
    uint32_t rest = ((bits & 0x7fffffu) | 0x800000u) << (1 + (exponent & 1));
    uint32_t root = 0;
    uint32_t twice = 0;
    for (uint32_t bit = 0x1000000u; bit != 0; bit >>= 1) {
        const uint32_t trial = twice + bit;
        if (trial <= rest) {
            twice = trial + bit;
            rest -= trial;
            root += bit;
        }
        rest <<= 1;
    }
    /* 25 bits; the last one rounds, and a tie cannot be. The leading bit adds 1 to the exponent. */
    return nn_of_bits(((uint32_t)((exponent >> 1) + 126) << 23) + ((root + 1) >> 1));
}

/* Remainder of x / y with the sign of x, exact; NaN for y = 0 and for infinite x. */
static inline float nn_fmodf(float x, float y) {
    const float a = nn_fabsf(x);
    const float b = nn_fabsf(y);
    if (!(a < INFINITY) || !(b > 0.0f)) {
        return NAN;
    }
    if (a < b) {
        return x;
    }
    /* Values are mantissa * 2^(exponent - 150), subnormal ones with exponent 1. */
    const uint32_t a_bits = nn_bits_of(a);
    const uint32_t b_bits = nn_bits_of(b);
    const int32_t a_field = (int32_t)(a_bits >> 23);
    int32_t exponent = (int32_t)(b_bits >> 23);
    const uint32_t divisor = (b_bits & 0x7fffffu) | (exponent > 0 ? 0x800000u : 0u);
    uint32_t rest = ((a_bits & 0x7fffffu) | (a_field > 0 ? 0x800000u : 0u)) % divisor;
    exponent = exponent > 0 ? exponent : 1;
    for (int32_t n = a_field > 0 ? a_field : 1; n > exponent; n--) {
        rest <<= 1;
        rest -= rest >= divisor ? divisor : 0;
    }
    if (rest == 0) {
        return nn_with_sign_of(x, 0.0f);
    }
    while (rest < 0x800000u && exponent > 1) {
        rest <<= 1;
        exponent--;
    }
    return nn_with_sign_of(x, nn_of_bits(((uint32_t)(exponent - 1) << 23) + rest));
}

#endif
