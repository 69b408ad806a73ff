#include "nn_fft_f32.h"

/* The lowest `bits` bits of value in reverse order. */
static int32_t reversed(int32_t value, int32_t bits) {
    int32_t result = 0;
    for (int32_t i = 0; i < bits; i++) {
        result = (result << 1) | ((value >> i) & 1);
    }
    return result;
}

/* Bin q of the transform of every 2^doublings-th sample from `first` on. */
static void short_bin(const nn_fft_f32_params *p, const float *x, const float *window,
                      const NN_FLASH float *turns, int32_t first, int32_t q, float *pair) {
    const int32_t lines = (int32_t)1 << p->doublings;
    const int32_t length = p->odd * lines;
    float re = 0.0f;
    float im = 0.0f;
    int32_t turn = 0;
    for (int32_t i = first; i < p->samples && i < length; i += lines) {
        const float *sample = x + i * p->sample_stride;
        const float w = window[i * p->window_stride];
        const float a = sample[0] * w;
        const float b = p->components == 2 ? sample[1] * w : 0.0f;
        const float c = turns[2 * turn];
        const float s = turns[2 * turn + 1];
        re += a * c - b * s;
        im += a * s + b * c;
        turn += q * lines;
        if (turn >= length) {
            turn -= length;
        }
    }
    pair[0] = re;
    pair[1] = im;
}

/* Two transforms of `half` values become one of twice as many, until one is left. */
static void combine(int32_t odd, int32_t length, const NN_FLASH float *turns, float *values) {
    for (int32_t half = odd; half < length; half *= 2) {
        const int32_t step = length / (2 * half);
        for (int32_t start = 0; start < length; start += 2 * half) {
            float *low = values + 2 * start;
            float *high = low + 2 * half;
            const NN_FLASH float *turn = turns;
            for (int32_t q = 0; q < half; q++) {
                const float re = high[0] * turn[0] - high[1] * turn[1];
                const float im = high[0] * turn[1] + high[1] * turn[0];
                high[0] = low[0] - re;
                high[1] = low[1] - im;
                low[0] += re;
                low[1] += im;
                low += 2;
                high += 2;
                turn += 2 * step;
            }
        }
    }
}

NN_KERNEL void nn_fft_f32(const nn_fft_f32_params *p, const float *input, const float *window,
                          const NN_FLASH float *turns, void *scratch, float *output) {
    const int32_t lines = (int32_t)1 << p->doublings;
    float *values = scratch;
    for (int32_t b = 0; b < p->batch; b++) {
        for (int32_t f = 0; f < p->frames; f++) {
            const float *x = input + b * p->batch_stride + f * p->frame_stride;
            float *out = output + b * p->out_batch_stride + f * p->out_frame_stride;
            for (int32_t r = 0; r < lines; r++) {
                float *line = values + 2 * p->odd * reversed(r, p->doublings);
                for (int32_t q = 0; q < p->odd; q++) {
                    short_bin(p, x, window, turns, r, q, line + 2 * q);
                }
            }
            combine(p->odd, p->odd * lines, turns, values);
            for (int32_t k = 0; k < p->bins; k++) {
                out[0] = values[2 * k] * p->scale;
                out[1] = values[2 * k + 1] * p->scale;
                out += p->out_bin_stride;
            }
        }
    }
}
