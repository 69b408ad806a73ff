#ifndef NN_NON_MAX_SUPPRESSION_F32_H
#define NN_NON_MAX_SUPPRESSION_F32_H

#include "nn_common.h"

typedef struct {
    int32_t batch, classes, boxes;
    int32_t limit;               /* boxes per class for which the output has room */
    int32_t center_point_box;    /* 1: boxes are centre and size along x and y; 0: two corners */
    int32_t has_score_threshold; /* 0: every box is a candidate whose score is not NaN */
} nn_non_max_suppression_f32_params;

/*
 * Per batch and class, from the highest score on (of equal ones the first): boxes that overlap no box chosen
 * before by more than the threshold, intersection over union.
 *   boxes            [batch][boxes][4]
 *   scores           [batch][classes][boxes]
 *   most             [1]: boxes per class at most
 *   iou_threshold    [1]
 *   score_threshold  [1]: only higher scores count
 *   scratch          [boxes] bytes
 *   indices          [batch * classes * limit][3]: batch, class, box; zeros behind those that were chosen
 *   count            [1]: boxes that were chosen
 */
void nn_non_max_suppression_f32(const nn_non_max_suppression_f32_params *p, const float *boxes,
                                const float *scores, const int64_t *most, const float *iou_threshold,
                                const float *score_threshold, void *scratch, int64_t *indices,
                                int32_t *count);

#endif
