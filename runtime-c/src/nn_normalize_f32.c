#include "nn_normalize_f32.h"

#include "nn_strided.h"

static float sum_of(const nn_normalize_f32_params *p, const float *input) {
    float sum = 0.0f;
    int32_t index[5] = {0};
    do {
        const float *x = input + nn_row_offset(index, p->window_stride);
        for (int32_t i = 0; i < p->window[5]; i++) {
            sum += *x;
            x += p->window_stride[5];
        }
    } while (nn_next_row(p->window, index));
    return sum;
}

static float squares_of(const nn_normalize_f32_params *p, const float *input, float mean) {
    float sum = 0.0f;
    int32_t index[5] = {0};
    do {
        const float *x = input + nn_row_offset(index, p->window_stride);
        for (int32_t i = 0; i < p->window[5]; i++) {
            const float d = *x - mean;
            sum += d * d;
            x += p->window_stride[5];
        }
    } while (nn_next_row(p->window, index));
    return sum;
}

static void normalize(const nn_normalize_f32_params *p, const float *input, const NN_FLASH float *scale,
                      const NN_FLASH float *bias, float *output) {
    const float count = (float)p->count;
    const float mean = p->centre ? sum_of(p, input) / count : 0.0f;
    const float deviation = nn_sqrtf(squares_of(p, input, mean) / count + p->epsilon);
    int32_t index[5] = {0};
    do {
        int32_t at = nn_row_offset(index, p->window_stride);
        int32_t channel = nn_row_offset(index, p->window_scale_stride);
        for (int32_t i = 0; i < p->window[5]; i++) {
            output[at] = (input[at] - mean) / deviation * scale[channel] + bias[channel];
            at += p->window_stride[5];
            channel += p->window_scale_stride[5];
        }
    } while (nn_next_row(p->window, index));
}

NN_KERNEL void nn_normalize_f32(const nn_normalize_f32_params *p, const float *input,
                                const NN_FLASH float *scale, const NN_FLASH float *bias, float *output) {
    int32_t index[5] = {0};
    do {
        int32_t at = nn_row_offset(index, p->stride);
        int32_t channel = nn_row_offset(index, p->scale_stride);
        for (int32_t i = 0; i < p->shape[5]; i++) {
            normalize(p, input + at, scale + channel, bias + channel, output + at);
            at += p->stride[5];
            channel += p->scale_stride[5];
        }
    } while (nn_next_row(p->shape, index));
}
