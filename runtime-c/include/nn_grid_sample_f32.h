#ifndef NN_GRID_SAMPLE_F32_H
#define NN_GRID_SAMPLE_F32_H

#include "nn_common.h"

/*
 * Sizes in elements. axes: coordinates of a point, 2 (in_d is 1) or 3. taps: neighbours along an axis, 1 the
 * nearest (half to even), 2 linear, 4 cubic interpolation. padding: beyond the ends lie 0 zeros, 1 the end
 * elements, 2 reflections.
 */
typedef struct {
    int32_t batch, channels, in_d, in_h, in_w, points;
    int32_t axes, taps, padding, align_corners;
} nn_grid_sample_f32_params;

/*
 * Samples images at points, float32, channels first. -1 and 1 are the centres of the end elements when
 * align_corners is set, else their outer edges.
 *   input   [batch][channels][in_d][in_h][in_w]
 *   grid    [batch][points][axes], a point being x, y and z
 *   output  [batch][channels][points]
 */
void nn_grid_sample_f32(const nn_grid_sample_f32_params *p, const float *input, const float *grid,
                        float *output);

#endif
