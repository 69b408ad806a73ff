#include "nn_grid_sample_f32.h"

enum { ZEROS = 0, REFLECTION = 2 };

/* The elements along one axis that make up a sample; index -1: a zero. */
typedef struct {
    int32_t taps, index[4];
    float weight[4];
} neighbours;

/* Largest integer not above x, |x| < 2^31. */
static int32_t floor_of(float x) {
    const int32_t whole = (int32_t)x;
    return (float)whole > x ? whole - 1 : whole;
}

/* The nearest integer, half to even; floats from 2^23 on are whole. */
static float round_even(float x) {
    if (!(x > -8388608.0f && x < 8388608.0f)) {
        return x;
    }
    const int32_t below = floor_of(x);
    const float rest = x - (float)below;
    const int up = rest > 0.5f || (rest == 0.5f && (below & 1) != 0);
    return (float)(below + up);
}

/* x reflected at min and max until it lies between. Too far away for float32 it is min. */
static float reflect(float x, float min, float max) {
    const float range = max - min;
    const float beyond = x < min ? min - x : x > max ? x - max : 0.0f;
    if (!(x < min || x > max)) {
        return x == x ? x : min;
    }
    if (!(beyond < range * 1048576.0f)) {
        return min;
    }
    const int32_t turns = (int32_t)(beyond / range);
    const float rest = beyond - (float)turns * range;
    return (x < min) == (turns % 2 == 0) ? min + rest : max - rest;
}

/* The element that stands at position i, or -1 for a zero. */
static int32_t padded(const nn_grid_sample_f32_params *p, int32_t i, int32_t size, float min, float max) {
    if (i >= 0 && i < size) {
        return i;
    }
    if (p->padding == ZEROS) {
        return -1;
    }
    const int32_t at = p->padding == REFLECTION ? (int32_t)reflect((float)i, min, max) : i;
    return at < 0 ? 0 : at >= size ? size - 1 : at;
}

/* Cubic convolution with coefficient -0.75 at distances 1 + x, x, 1 - x and 2 - x. */
static void cubic_weights(float x, float weight[4]) {
    const float y = 1.0f - x;
    weight[0] = ((-0.75f * (x + 1.0f) + 3.75f) * (x + 1.0f) - 6.0f) * (x + 1.0f) + 3.0f;
    weight[1] = (1.25f * x - 2.25f) * x * x + 1.0f;
    weight[2] = (1.25f * y - 2.25f) * y * y + 1.0f;
    weight[3] = ((-0.75f * (y + 1.0f) + 3.75f) * (y + 1.0f) - 6.0f) * (y + 1.0f) + 3.0f;
}

/* The neighbours of coordinate n. */
static neighbours locate(const nn_grid_sample_f32_params *p, float n, int32_t size) {
    neighbours found = {p->taps, {0, 0, 0, 0}, {1.0f, 0.0f, 0.0f, 0.0f}};
    const float length = (float)size;
    const float min = p->align_corners ? 0.0f : -0.5f;
    const float max = length - (p->align_corners ? 1.0f : 0.5f);
    float x = p->align_corners ? (n + 1.0f) / 2.0f * (length - 1.0f) : ((n + 1.0f) * length - 1.0f) / 2.0f;
    if (p->taps == 1) {
        x = round_even(x);
    }
    if (p->padding == REFLECTION) {
        x = reflect(x, min, max);
    } else {
        /* Further outside all neighbours are the same. */
        x = !(x >= -3.0f) ? -3.0f : x > length + 2.0f ? length + 2.0f : x;
    }
    const int32_t base = floor_of(x);
    const float rest = x - (float)base;
    if (p->taps == 2) {
        found.weight[0] = 1.0f - rest;
        found.weight[1] = rest;
    } else if (p->taps == 4) {
        cubic_weights(rest, found.weight);
    }
    for (int32_t k = 0; k < p->taps; k++) {
        found.index[k] = padded(p, base + k - (p->taps == 4), size, min, max);
    }
    return found;
}

/* The sample of one channel. */
static float sum(const nn_grid_sample_f32_params *p, const float *in, const neighbours *z,
                 const neighbours *y, const neighbours *x) {
    float volume = 0.0f;
    for (int32_t kz = 0; kz < z->taps; kz++) {
        float plane = 0.0f;
        for (int32_t ky = 0; z->index[kz] >= 0 && ky < y->taps; ky++) {
            const float *const row_of = in + (z->index[kz] * p->in_h + y->index[ky]) * p->in_w;
            float row = 0.0f;
            for (int32_t kx = 0; y->index[ky] >= 0 && kx < x->taps; kx++) {
                row += x->weight[kx] * (x->index[kx] >= 0 ? row_of[x->index[kx]] : 0.0f);
            }
            plane += y->weight[ky] * row;
        }
        volume += z->weight[kz] * plane;
    }
    return volume;
}

NN_KERNEL void nn_grid_sample_f32(const nn_grid_sample_f32_params *p, const float *input, const float *grid,
                                  float *output) {
    const int32_t volume = p->in_d * p->in_h * p->in_w;
    for (int32_t n = 0; n < p->batch; n++) {
        for (int32_t i = 0; i < p->points; i++) {
            neighbours z = {1, {0, 0, 0, 0}, {1.0f, 0.0f, 0.0f, 0.0f}};
            if (p->axes == 3) {
                z = locate(p, grid[2], p->in_d);
            }
            const neighbours y = locate(p, grid[1], p->in_h);
            const neighbours x = locate(p, grid[0], p->in_w);
            for (int32_t c = 0; c < p->channels; c++) {
                output[c * p->points + i] = sum(p, input + c * volume, &z, &y, &x);
            }
            grid += p->axes;
        }
        input += p->channels * volume;
        output += p->channels * p->points;
    }
}
