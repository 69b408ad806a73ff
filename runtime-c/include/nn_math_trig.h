/*
 * Trigonometric float32 functions and their inverses, a few ulp from the real ones. Same rules as nn_math.h.
 * The polynomials are those of the Cephes library. Twin of src/numerics/float_trig.ts.
 */
#ifndef NN_MATH_TRIG_H
#define NN_MATH_TRIG_H

#include "nn_math_exact.h"

/* x = quadrant * pi/2 + r, |r| <= pi/4 (a little more by rounding), quadrant modulo 4; for any finite x. */
static inline float nn_reduce_half_pi(float x, int32_t *quadrant) {
    if (x > -1024.0f && x < 1024.0f) {
        /* pi/2 in four parts (Cody and Waite); the products with the first three are exact. */
        const int32_t n = (int32_t)(x * 0.636619747f + (x < 0.0f ? -0.5f : 0.5f));
        const float k = (float)n;
        *quadrant = n & 3;
        return (((x - k * 1.5703125f) - k * 4.83751297e-4f) - k * 7.54953362e-8f) - k * 2.56334407e-12f;
    }
    /* The fraction of x / (2 pi) in 64 bits, by integers (Payne and Hanek): bits of 1 / (2 pi) from where
     * they matter. */
    static const uint32_t turn_bits[7] = {0x28be60dbu, 0x9391054au, 0x7f09d5f4u, 0x7d4d3770u,
                                          0x36d8a566u, 0x4f10e410u, 0x7f9458eau};
    const uint32_t bits = nn_bits_of(x);
    const uint32_t mantissa = ((bits & 0x7fffffu) | 0x800000u) << 8;
    const int32_t exponent = (int32_t)((bits >> 23) & 0xffu) - 126;
    const int32_t word = exponent >> 5;
    const int32_t shift = exponent & 31;
    uint32_t high = word > 0 ? turn_bits[word - 1] : 0u;
    uint32_t middle = turn_bits[word];
    uint32_t low = turn_bits[word + 1];
    if (shift > 0) {
        high = high << shift | middle >> (32 - shift);
        middle = middle << shift | low >> (32 - shift);
        low = low << shift | turn_bits[word + 2] >> (32 - shift);
    }
    uint64_t product = (uint64_t)mantissa * middle + ((uint64_t)mantissa * low >> 32);
    product += (uint64_t)(mantissa * high) << 32;
    uint32_t turns = (uint32_t)(product >> 62);
    uint64_t fraction = product & 0x3fffffffffffffffu;
    float sign = 1.0f;
    if (fraction >> 61 != 0) {
        /* Nearer to the next multiple. */
        fraction = 0x4000000000000000u - fraction;
        turns++;
        sign = -1.0f;
    }
    if (x < 0.0f) {
        turns = 0u - turns;
        sign = -sign;
    }
    *quadrant = (int32_t)(turns & 3u);
    const float part = (float)(uint32_t)(fraction >> 32) + (float)(uint32_t)fraction * 2.32830644e-10f;
    /* pi/2 * 2^-30 */
    return sign * (part * 1.46291812e-9f);
}

/* sin r and cos r for |r| <= pi/4. */
static inline float nn_sin_reduced(float r) {
    const float z = r * r;
    float y = -1.95152956e-4f;
    y = y * z + 8.33216123e-3f;
    y = y * z + -0.166666552f;
    return y * z * r + r;
}

static inline float nn_cos_reduced(float r) {
    const float z = r * r;
    float y = 2.44331568e-5f;
    y = y * z + -1.38873165e-3f;
    y = y * z + 4.16666456e-2f;
    return y * z * z + (1.0f - 0.5f * z);
}

/* NaN for infinite x, as cos and tan. */
static inline float nn_sinf(float x) {
    if (!(nn_fabsf(x) < INFINITY)) {
        return NAN;
    }
    int32_t quadrant;
    const float r = nn_reduce_half_pi(x, &quadrant);
    const float y = (quadrant & 1) != 0 ? nn_cos_reduced(r) : nn_sin_reduced(r);
    return (quadrant & 2) != 0 ? -y : y;
}

static inline float nn_cosf(float x) {
    if (!(nn_fabsf(x) < INFINITY)) {
        return NAN;
    }
    int32_t quadrant;
    const float r = nn_reduce_half_pi(x, &quadrant);
    const float y = (quadrant & 1) != 0 ? nn_sin_reduced(r) : nn_cos_reduced(r);
    return ((quadrant + 1) & 2) != 0 ? -y : y;
}

static inline float nn_tanf(float x) {
    if (!(nn_fabsf(x) < INFINITY)) {
        return NAN;
    }
    int32_t quadrant;
    const float r = nn_reduce_half_pi(x, &quadrant);
    const float z = r * r;
    float y = 9.38540185e-3f;
    y = y * z + 3.11992224e-3f;
    y = y * z + 2.44301353e-2f;
    y = y * z + 5.34112789e-2f;
    y = y * z + 0.133387998f;
    y = y * z + 0.333331555f;
    y = y * z * r + r;
    return (quadrant & 1) != 0 ? -1.0f / y : y;
}

/* arcsin x for |x| <= 1/2. */
static inline float nn_asin_small(float x) {
    const float z = x * x;
    float y = 4.21631984e-2f;
    y = y * z + 2.41813101e-2f;
    y = y * z + 4.54700254e-2f;
    y = y * z + 7.49530047e-2f;
    y = y * z + 0.166667521f;
    return y * z * x + x;
}

/* NaN beyond [-1, 1], as acos. */
static inline float nn_asinf(float x) {
    const float a = nn_fabsf(x);
    if (a <= 0.5f) {
        return nn_asin_small(x);
    }
    const float y = 1.57079637f - 2.0f * nn_asin_small(nn_sqrtf(0.5f * (1.0f - a)));
    return x < 0.0f ? -y : y;
}

static inline float nn_acosf(float x) {
    const float a = nn_fabsf(x);
    if (a <= 0.5f) {
        return 1.57079637f - nn_asin_small(x);
    }
    const float y = 2.0f * nn_asin_small(nn_sqrtf(0.5f * (1.0f - a)));
    return x < 0.0f ? 3.14159274f - y : y;
}

static inline float nn_atanf(float x) {
    const float a = nn_fabsf(x);
    float base = 0.0f;
    float t = a;
    if (a > 2.41421366f) {
        base = 1.57079637f;
        t = -1.0f / a;
    } else if (a > 0.414213568f) {
        base = 0.785398185f;
        t = (a - 1.0f) / (a + 1.0f);
    }
    const float z = t * t;
    float y = 8.05374458e-2f;
    y = y * z + -0.138776854f;
    y = y * z + 0.199777111f;
    y = y * z + -0.333329499f;
    y = base + (y * z * t + t);
    return x < 0.0f ? -y : x == 0.0f ? x : y;
}

#endif
