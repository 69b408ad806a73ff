#include "nn_non_max_suppression_f32.h"

#include <string.h>

static float least(float a, float b) {
    return a < b ? a : b;
}

static float most_of(float a, float b) {
    return a > b ? a : b;
}

/* Lower and upper end of a box along one axis. */
static void box_ends(const float *box, int axis, int32_t centre, float *low, float *high) {
    if (centre == 0) {
        *low = least(box[axis], box[axis + 2]);
        *high = most_of(box[axis], box[axis + 2]);
    } else {
        const float half = box[axis + 2] * 0.5f;
        *low = box[axis] - half;
        *high = box[axis] + half;
    }
}

/* Whether the intersection is more than `threshold` of the union; boxes without area have none. */
static int overlaps(const float *a, const float *b, int32_t centre, float threshold) {
    float intersection = 1.0f;
    float area_a = 1.0f;
    float area_b = 1.0f;
    for (int axis = 0; axis < 2; axis++) {
        float low_a, high_a, low_b, high_b;
        box_ends(a, axis, centre, &low_a, &high_a);
        box_ends(b, axis, centre, &low_b, &high_b);
        const float overlap = least(high_a, high_b) - most_of(low_a, low_b);
        if (!(overlap > 0.0f)) {
            return 0;
        }
        intersection *= overlap;
        area_a *= high_a - low_a;
        area_b *= high_b - low_b;
    }
    if (!(intersection > 0.0f && area_a > 0.0f && area_b > 0.0f)) {
        return 0;
    }
    return intersection / ((area_a + area_b) - intersection) > threshold;
}

/* The open box of the highest score, or -1. */
static int32_t best_box(const float *scores, const uint8_t *open, int32_t boxes) {
    int32_t best = -1;
    for (int32_t i = 0; i < boxes; i++) {
        if (open[i] != 0 && (best < 0 || scores[i] > scores[best])) {
            best = i;
        }
    }
    return best;
}

/* Whether `box` overlaps none of `kept` boxes, the last numbers of the rows of `indices`. */
static int is_clear(const nn_non_max_suppression_f32_params *p, const float *boxes, int32_t box,
                    const int64_t *indices, int32_t kept, float threshold) {
    for (int32_t k = 0; k < kept; k++) {
        const float *other = boxes + 4 * indices[3 * k + 2];
        if (overlaps(boxes + 4 * box, other, p->center_point_box, threshold)) {
            return 0;
        }
    }
    return 1;
}

NN_KERNEL void nn_non_max_suppression_f32(const nn_non_max_suppression_f32_params *p, const float *boxes,
                                          const float *scores, const int64_t *most,
                                          const float *iou_threshold, const float *score_threshold,
                                          void *scratch, int64_t *indices, int32_t *count) {
    const int32_t wanted = *most < 0 ? 0 : *most < p->limit ? (int32_t)*most : p->limit;
    uint8_t *open = scratch;
    int64_t *out = indices;
    for (int32_t batch = 0; batch < p->batch; batch++) {
        for (int32_t c = 0; c < p->classes; c++) {
            for (int32_t i = 0; i < p->boxes; i++) {
                const float score = scores[i];
                open[i] = p->has_score_threshold != 0 ? score > *score_threshold : score == score;
            }
            int32_t kept = 0;
            while (kept < wanted) {
                const int32_t best = best_box(scores, open, p->boxes);
                if (best < 0) {
                    break;
                }
                open[best] = 0;
                if (is_clear(p, boxes, best, out, kept, *iou_threshold)) {
                    out[3 * kept] = batch;
                    out[3 * kept + 1] = c;
                    out[3 * kept + 2] = best;
                    kept++;
                }
            }
            out += 3 * kept;
            scores += p->boxes;
        }
        boxes += 4 * p->boxes;
    }
    *count = (int32_t)((out - indices) / 3);
    const int32_t rows = p->batch * p->classes * p->limit;
    memset(out, 0, (size_t)(rows - *count) * 3 * sizeof *out);
}
