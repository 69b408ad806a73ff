#ifndef NN_FFT_F32_H
#define NN_FFT_F32_H

#include "nn_common.h"

/* The transform has odd * 2^doublings values; strides and sizes in floats. */
typedef struct {
    int32_t batch, frames, batch_stride, frame_stride, sample_stride, samples, components;
    int32_t window_stride, odd, doublings, bins;
    int32_t out_batch_stride, out_frame_stride, out_bin_stride;
    float scale;
} nn_fft_f32_params;

/*
 * Discrete Fourier transforms, float32, of batch * frames lines: bin k is scale * the sum of
 * sample[i] * window[i] * turn^(i * k). Transforms of `odd` values from the definition, then butterflies.
 *   input    lines of `samples` reals (components 1) or pairs (components 2); what is missing is 0
 *   window   one factor per sample, or a single one (window_stride 0)
 *   turns    pairs (cos, sin) of 0, 1, 2 ... steps of the circle: all of them, half of them when odd is 1
 *   scratch  the pairs of one transform
 *   output   the first `bins` pairs of each line
 */
void nn_fft_f32(const nn_fft_f32_params *p, const float *input, const float *window,
                const NN_FLASH float *turns, void *scratch, float *output);

#endif
