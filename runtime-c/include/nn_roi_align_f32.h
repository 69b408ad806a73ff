#ifndef NN_ROI_ALIGN_F32_H
#define NN_ROI_ALIGN_F32_H

#include "nn_common.h"

/*
 * sampling_ratio: samples per bin and axis, 0 for as many as input elements. half_pixel: 1 when elements lie
 * at their centres; otherwise regions are at least 1 x 1. maximum: 1 for the largest weighted element of a
 * bin, 0 for the mean of its samples.
 */
typedef struct {
    int32_t rois, batch, channels, in_h, in_w, out_h, out_w;
    int32_t sampling_ratio, half_pixel, maximum;
    float spatial_scale;
} nn_roi_align_f32_params;

/*
 * Regions of images, pooled to one size, float32, channels first. A bin has at most 32768 samples per axis.
 *   input    [batch][channels][in_h][in_w]
 *   rois     [rois][4] x1, y1, x2, y2, before spatial_scale
 *   indices  [rois] the image of each region; zeros come of one outside [0, batch)
 *   output   [rois][channels][out_h][out_w]
 */
void nn_roi_align_f32(const nn_roi_align_f32_params *p, const float *input, const float *rois,
                      const int64_t *indices, float *output);

#endif
