#include "nn_quantize_f32_s16.h"

/* Adding 1.5 * 2^23 leaves no bits for a fraction: the sum is rounded half to even. Exact for |x| < 2^22. */
static const float round_to_integer = 12582912.0f;

NN_KERNEL void nn_quantize_f32_s16(const nn_quantize_f32_s16_params *p, const float *input, int16_t *output) {
    for (int32_t i = 0; i < p->count; i++) {
        const float real = input[i] / p->scale;
        float clamped = real > -32768.0f ? real : -32768.0f;
        clamped = clamped < 32767.0f ? clamped : 32767.0f;
        if (real != real) {
            clamped = 0.0f;
        }
        const float rounded = (clamped + round_to_integer) - round_to_integer;
        output[i] = (int16_t)(int32_t)rounded;
    }
}
