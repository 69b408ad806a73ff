/*
 * float32 functions of the kernel library, without libm and without double: only IEEE 754 single-precision
 * operations in a fixed order, so host and device agree in every bit when contraction is off
 * (-ffp-contract=off). Twin of src/numerics/float_math.ts. More functions in
 * nn_math_exact.h, nn_math_log.h and nn_math_trig.h.
 */
#ifndef NN_MATH_H
#define NN_MATH_H

#include <math.h> /* INFINITY */

#include "nn_common.h"

/* NaN stays NaN; -INFINITY and INFINITY stand for no bound; where min > max, max wins (ONNX Clip). */
static inline float nn_clamp_f32(float x, float min, float max) {
    const float bounded = x < min ? min : x;
    return bounded > max ? max : bounded;
}

/* acc + x[0] * w[0] + x[1] * w[1] + ..., added from left to right. */
static inline float nn_dot_f32(float acc, const float *x, const NN_FLASH float *w, int32_t count) {
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

/* 2^n for n in [-126, 127]. */
static inline float nn_power_of_two(int32_t n) {
    const union {
        uint32_t bits;
        float value;
    } power = {.bits = (uint32_t)(n + 127) << 23};
    return power.value;
}

/*
 * e^x within 1 ulp. Above ln(FLT_MAX) the result is INFINITY, below ln(FLT_MIN) it is 0: no subnormal
 * results. x = n * ln 2 + r with |r| <= ln(2) / 2; ln 2 is split so that n * 0.693359375 is exact (Cody and
 * Waite). The polynomial for e^r is that of expf in the Cephes library.
 */
static inline float nn_expf(float x) {
    if (x > 88.7228317f) {
        return INFINITY;
    }
    if (x < -87.3365402f) {
        return 0.0f;
    }
    if (x != x) {
        return x;
    }
    const int32_t n = (int32_t)(x * 1.44269502f + (x < 0.0f ? -0.5f : 0.5f));
    const float k = (float)n;
    const float r = x - k * 0.693359375f - k * -2.12194442e-4f;
    float y = 1.98756912e-4f;
    y = y * r + 1.39819994e-3f;
    y = y * r + 8.33345205e-3f;
    y = y * r + 4.16657962e-2f;
    y = y * r + 0.166666657f;
    y = y * r + 0.5f;
    y = y * (r * r) + r + 1.0f;
    /* Two factors, because 2^128 is no float. */
    return y * nn_power_of_two(n >> 1) * nn_power_of_two(n - (n >> 1));
}

/* 1 / (1 + e^-x) within 3 ulp; 0 where e^-x overflows. */
static inline float nn_sigmoidf(float x) {
    return 1.0f / (1.0f + nn_expf(-x));
}

/* Hyperbolic tangent within 2 ulp; near 0 by the odd polynomial of tanhf in the Cephes library. */
static inline float nn_tanhf(float x) {
    const float magnitude = x < 0.0f ? -x : x;
    if (magnitude < 0.625f) {
        const float z = x * x;
        float y = -5.70498873e-3f;
        y = y * z + 2.06390880e-2f;
        y = y * z + -5.37397154e-2f;
        y = y * z + 0.133314423f;
        y = y * z + -0.333332807f;
        return y * z * x + x;
    }
    const float y = 1.0f - 2.0f / (nn_expf(magnitude + magnitude) + 1.0f);
    return x < 0.0f ? -y : y;
}

#endif
