#include "nn_quantize_f32_s8.h"

/* Adding 1.5 * 2^23 leaves no bits for a fraction: the sum is rounded half to even. Exact for |x| < 2^22. */
static const float round_to_integer = 12582912.0f;

NN_KERNEL void nn_quantize_f32_s8(const nn_quantize_f32_s8_params *p, const float *input, int8_t *output) {
    const float low = (float)(-128 - p->zero_point);
    const float high = (float)(127 - p->zero_point);
    for (int32_t i = 0; i < p->count; i++) {
        const float real = input[i] / p->scale;
        float clamped = real > low ? real : low;
        clamped = clamped < high ? clamped : high;
        if (real != real) {
            clamped = 0.0f;
        }
        const float rounded = (clamped + round_to_integer) - round_to_integer;
        output[i] = (int8_t)((int32_t)rounded + p->zero_point);
    }
}
