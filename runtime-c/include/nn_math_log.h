/*
 * float32 functions around exponential and logarithm, a few ulp from the real ones. Same rules as nn_math.h.
 * Twin of src/numerics/float_log.ts.
 */
#ifndef NN_MATH_LOG_H
#define NN_MATH_LOG_H

#include "nn_math_exact.h"

/* m in [sqrt(1/2), sqrt(2)) and n with x = m * 2^n, for finite x > 0. */
static inline float nn_split_exponent(float x, int32_t *n) {
    int32_t subnormal = 0;
    if (x < 1.17549435e-38f) {
        x *= 16777216.0f;
        subnormal = 24;
    }
    const int32_t bits = (int32_t)nn_bits_of(x);
    /* 0x3f3504f3 is sqrt(1/2). */
    const int32_t exponent = (bits - 0x3f3504f3) >> 23;
    *n = exponent - subnormal;
    return nn_of_bits((uint32_t)bits - ((uint32_t)exponent << 23));
}

/* Natural logarithm. The polynomial is that of logf in the Cephes library; ln 2 is split as in nn_expf. */
static inline float nn_logf(float x) {
    if (!(x > 0.0f) || x == INFINITY) {
        return x == 0.0f ? -INFINITY : x < 0.0f ? NAN : x;
    }
    int32_t n;
    const float r = nn_split_exponent(x, &n) - 1.0f;
    const float k = (float)n;
    const float z = r * r;
    float y = 7.03768358e-2f;
    y = y * r + -0.115146101f;
    y = y * r + 0.116769984f;
    y = y * r + -0.124201409f;
    y = y * r + 0.142493233f;
    y = y * r + -0.166680574f;
    y = y * r + 0.200007141f;
    y = y * r + -0.24999994f;
    y = y * r + 0.333333313f;
    y = y * r * z;
    y = y + k * -2.12194442e-4f;
    y = y - 0.5f * z;
    return (r + y) + k * 0.693359375f;
}

/* ln(1 + x), precise near 0: the rounding error of 1 + x is divided out. */
static inline float nn_log1pf(float x) {
    const float u = 1.0f + x;
    if (u == 1.0f) {
        return x;
    }
    if (x > 16777216.0f) {
        return nn_logf(x);
    }
    return nn_logf(u) * (x / (u - 1.0f));
}

/* e^x - 1, precise near 0. With x = n * ln 2 + r it is 2^n * (e^r - 1) + (2^n - 1), as in nn_expf. */
static inline float nn_expm1f(float x) {
    if (x > 17.5f) {
        return nn_expf(x) - 1.0f;
    }
    if (x < -17.5f) {
        return -1.0f;
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
    y = y * (r * r) + r;
    const float power = nn_power_of_two(n);
    return n == 0 ? y : y * power + (power - 1.0f);
}

static inline float nn_sinhf(float x) {
    const float magnitude = nn_fabsf(x);
    if (magnitude < 1.0f) {
        const float z = x * x;
        float y = 2.03721915e-4f;
        y = y * z + 8.33028369e-3f;
        y = y * z + 0.166667163f;
        return y * z * x + x;
    }
    if (magnitude > 88.0f) {
        /* e^x may overflow where half of it does not. */
        const float root = nn_expf(0.5f * magnitude);
        return nn_with_sign_of(x, 0.5f * root * root);
    }
    const float power = nn_expf(magnitude);
    const float y = 0.5f * power - 0.5f / power;
    return x < 0.0f ? -y : y;
}

static inline float nn_coshf(float x) {
    const float magnitude = nn_fabsf(x);
    if (magnitude > 88.0f) {
        const float root = nn_expf(0.5f * magnitude);
        return 0.5f * root * root;
    }
    const float power = nn_expf(magnitude);
    return 0.5f * power + 0.5f / power;
}

static inline float nn_asinhf(float x) {
    const float a = nn_fabsf(x);
    if (a > 4096.0f) {
        return nn_with_sign_of(x, nn_logf(a) + 0.693147182f);
    }
    const float z = a * a;
    return nn_with_sign_of(x, nn_log1pf(a + z / (1.0f + nn_sqrtf(z + 1.0f))));
}

/* NaN below 1. */
static inline float nn_acoshf(float x) {
    if (x > 4096.0f) {
        return nn_logf(x) + 0.693147182f;
    }
    const float t = x - 1.0f;
    return nn_log1pf(t + nn_sqrtf(t * (x + 1.0f)));
}

/* Infinite at -1 and 1, NaN beyond. */
static inline float nn_atanhf(float x) {
    const float a = nn_fabsf(x);
    const float y = 0.5f * nn_log1pf((a + a) / (1.0f - a));
    return x < 0.0f ? -y : x == 0.0f ? x : y;
}

/* ln(1 + e^x) (ONNX Softplus). */
static inline float nn_softplusf(float x) {
    return x > 0.0f ? x + nn_log1pf(nn_expf(-x)) : nn_log1pf(nn_expf(x));
}

/* x * tanh(ln(1 + e^x)) (ONNX Mish), as x * w / (w + 2) with w = e^x * (e^x + 2). */
static inline float nn_mishf(float x) {
    if (x > 20.0f) {
        return x;
    }
    const float power = nn_expf(x);
    const float w = power * (power + 2.0f);
    return x * (w / (w + 2.0f));
}

/* Error function: an odd polynomial near 0, 1 - e^polynomial further out. */
static inline float nn_erff(float x) {
    const float t = nn_fabsf(x);
    const float z = x * x;
    if (t > 0.921875f) {
        if (t > 4.0f) {
            return x < 0.0f ? -1.0f : 1.0f;
        }
        float y = -1.72853470e-5f;
        y = y * t + 3.83197126e-4f;
        y = y * t + -3.88396438e-3f;
        y = y * t + 2.42546219e-2f;
        y = y * t + -0.106777877f;
        y = y * t + -0.634846687f;
        y = y * t + -0.128717512f;
        y = y * t - t;
        y = 1.0f - nn_expf(y);
        return x < 0.0f ? -y : y;
    }
    float y = -5.99104969e-4f;
    y = y * z + 4.99339588e-3f;
    y = y * z + -2.67667342e-2f;
    y = y * z + 0.112818025f;
    y = y * z + -0.376124859f;
    y = y * z + 0.128379151f;
    return y * x + x;
}

/* x * (1 + erf(x / sqrt(2))) / 2 (ONNX Gelu). */
static inline float nn_geluf(float x) {
    return 0.5f * x * (1.0f + nn_erff(x * 0.707106769f));
}

/* ONNX Gelu, approximate = tanh. */
static inline float nn_gelu_tanhf(float x) {
    return 0.5f * x * (1.0f + nn_tanhf(0.797884583f * (x + 0.0447149985f * (x * x * x))));
}

/* The upper 12 bits of the significand: products of two such halves are exact. */
static inline float nn_upper_half(float x) {
    return nn_of_bits(nn_bits_of(x) & 0xfffff000u);
}

/*
 * x^y for finite x > 0 and finite y, as e^(y * ln x) with ln x and the product in two floats each. ln x = n *
 * ln 2 + 2 artanh(s), s = (m - 1) / (m + 1).
 */
static inline float nn_pow_positive(float x, float y) {
    int32_t n;
    const float m = nn_split_exponent(x, &n);
    const float k = (float)n;
    const float r = m - 1.0f;
    const float q = m + 1.0f;
    const float q_rest = m - (q - 1.0f);
    const float s = r / q;
    const float s_high = nn_upper_half(s);
    const float s_low = s - s_high;
    const float q_high = nn_upper_half(q);
    const float q_low = q - q_high;
    const float remainder =
        (((r - s_high * q_high) - s_high * q_low) - s_low * q_high) - s_low * q_low - s * q_rest;
    const float s_rest = remainder / q;
    const float z = s * s;
    float p = 0.181818187f;
    p = p * z + 0.222222224f;
    p = p * z + 0.285714298f;
    p = p * z + 0.400000006f;
    p = p * z + 0.666666687f;
    const float tail = p * z * s;
    /* ln x = log + log_rest */
    const float exponent = k * 0.693359375f;
    const float sum = exponent + 2.0f * s;
    const float sum_rest = ((exponent - sum) + 2.0f * s) + (k * -2.12194442e-4f + (2.0f * s_rest + tail));
    const float log = sum + sum_rest;
    const float log_rest = (sum - log) + sum_rest;

    const float power = y * log;
    if (power > 88.8f) {
        return INFINITY;
    }
    if (power < -87.3365402f) {
        return 0.0f;
    }
    const float y_high = nn_upper_half(y);
    const float y_low = y - y_high;
    const float log_high = nn_upper_half(log);
    const float log_low = log - log_high;
    const float error = ((y_high * log_high - power) + y_high * log_low + y_low * log_high) + y_low * log_low;
    const float power_rest = error + y * log_rest;

    /* nn_expf with the rest added to the reduced argument. */
    const int32_t twos = (int32_t)(power * 1.44269502f + (power < 0.0f ? -0.5f : 0.5f));
    const float twos_f = (float)twos;
    const float high = power - twos_f * 0.693359375f;
    const float low = power_rest - twos_f * -2.12194442e-4f;
    const float reduced = high + low;
    const float reduced_rest = (high - reduced) + low;
    float e = 1.98756912e-4f;
    e = e * reduced + 1.39819994e-3f;
    e = e * reduced + 8.33345205e-3f;
    e = e * reduced + 4.16657962e-2f;
    e = e * reduced + 0.166666657f;
    e = e * reduced + 0.5f;
    e = (e * (reduced * reduced) + reduced_rest) + reduced + 1.0f;
    return e * nn_power_of_two(twos >> 1) * nn_power_of_two(twos - (twos >> 1));
}

/* x^y with the special cases of C's pow; results below FLT_MIN are 0. */
static inline float nn_powf(float x, float y) {
    if (y == 0.0f || x == 1.0f) {
        return 1.0f;
    }
    if (x != x || y != y) {
        return NAN;
    }
    const float a = nn_fabsf(x);
    /* From 2^24 on every value is an even integer. */
    const int small = y > -16777216.0f && y < 16777216.0f;
    const int whole = !small || (float)(int32_t)y == y;
    const int odd = small && whole && ((int32_t)y & 1) != 0;
    if (x < 0.0f && a < INFINITY && !whole) {
        return NAN;
    }
    float power;
    if (a == 0.0f) {
        power = y < 0.0f ? INFINITY : 0.0f;
    } else if (a == INFINITY) {
        power = y < 0.0f ? 0.0f : INFINITY;
    } else if (a == 1.0f) {
        power = 1.0f;
    } else if (y == INFINITY || y == -INFINITY) {
        power = (a > 1.0f) == (y > 0.0f) ? INFINITY : 0.0f;
    } else {
        power = nn_pow_positive(a, y);
    }
    return odd ? nn_with_sign_of(x, power) : power;
}

#endif
