#include "nn_det_f32.h"

#include <string.h>

static float absolute(float x) {
    return x < 0.0f ? -x : x;
}

/* The row at or below k whose element in column k is the largest. */
static int32_t pivot_row(const float *a, int32_t size, int32_t k) {
    int32_t pivot = k;
    for (int32_t row = k + 1; row < size; row++) {
        if (absolute(a[row * size + k]) > absolute(a[pivot * size + k])) {
            pivot = row;
        }
    }
    return pivot;
}

/* The determinant of a, which is destroyed. */
static float determinant(float *a, int32_t size) {
    float result = 1.0f;
    for (int32_t k = 0; k < size; k++) {
        const int32_t pivot = pivot_row(a, size, k);
        float *line = a + k * size;
        if (pivot != k) {
            float *other = a + pivot * size;
            for (int32_t col = k; col < size; col++) {
                const float value = line[col];
                line[col] = other[col];
                other[col] = value;
            }
            result = -result;
        }
        result *= line[k];
        if (line[k] == 0.0f) {
            break;
        }
        for (int32_t row = k + 1; row < size; row++) {
            float *below = a + row * size;
            const float factor = below[k] / line[k];
            for (int32_t col = k + 1; col < size; col++) {
                below[col] -= factor * line[col];
            }
        }
    }
    return result;
}

NN_KERNEL void nn_det_f32(const nn_det_f32_params *p, const float *input, void *scratch, float *output) {
    const size_t area = (size_t)p->size * (size_t)p->size;
    for (int32_t m = 0; m < p->count; m++) {
        memcpy(scratch, input, area * sizeof *input);
        output[m] = determinant(scratch, p->size);
        input += area;
    }
}
