#include "nn_roi_align_f32.h"

/* A region along one axis: where bins begin, how large they are and in how many samples they are divided. */
typedef struct {
    float begin, size;
    int32_t samples;
} bins;

/* The two elements along one axis between which a sample lies. */
typedef struct {
    int32_t low, high, inside;
    float above;
} between;

static bins bins_of(const nn_roi_align_f32_params *p, float begin, float end, int32_t count) {
    const float centre = p->half_pixel ? 0.5f : 0.0f;
    bins axis;
    axis.begin = begin * p->spatial_scale - centre;
    float extent = end * p->spatial_scale - centre - axis.begin;
    if (!p->half_pixel && !(extent >= 1.0f)) {
        extent = 1.0f;
    }
    axis.size = extent / (float)count;
    axis.samples = p->sampling_ratio;
    if (p->sampling_ratio <= 0) {
        axis.samples = !(axis.size > 0.0f) ? 0 : axis.size >= 32768.0f ? 32768 : (int32_t)axis.size;
        axis.samples += (float)axis.samples < axis.size && axis.samples < 32768;
    }
    return axis;
}

static between locate(const bins *axis, int32_t bin, int32_t sample, int32_t size) {
    between found = {0, 0, 0, 0.0f};
    const float inner = ((float)sample + 0.5f) * axis->size / (float)axis->samples;
    float at = axis->begin + (float)bin * axis->size + inner;
    if (!(at >= -1.0f && at <= (float)size)) {
        return found;
    }
    found.inside = 1;
    at = at > 0.0f ? at : 0.0f;
    found.low = (int32_t)at;
    found.high = found.low + 1;
    if (found.low >= size - 1) {
        found.low = size - 1;
        found.high = size - 1;
        at = (float)found.low;
    }
    found.above = at - (float)found.low;
    return found;
}

/* The four weighted elements around a sample, added or the largest of them. */
static float sample_at(const nn_roi_align_f32_params *p, const float *plane, const between *y,
                       const between *x) {
    if (!y->inside || !x->inside) {
        return 0.0f;
    }
    const float a = (1.0f - y->above) * (1.0f - x->above) * plane[y->low * p->in_w + x->low];
    const float b = (1.0f - y->above) * x->above * plane[y->low * p->in_w + x->high];
    const float c = y->above * (1.0f - x->above) * plane[y->high * p->in_w + x->low];
    const float d = y->above * x->above * plane[y->high * p->in_w + x->high];
    if (!p->maximum) {
        return a + b + c + d;
    }
    const float upper = a > b ? a : b;
    const float lower = c > d ? c : d;
    return upper > lower ? upper : lower;
}

static float pool(const nn_roi_align_f32_params *p, const float *plane, const bins *height, const bins *width,
                  int32_t oy, int32_t ox) {
    const int32_t count = height->samples * width->samples;
    float result = 0.0f;
    for (int32_t i = 0; i < count; i++) {
        const between y = locate(height, oy, i / width->samples, p->in_h);
        const between x = locate(width, ox, i % width->samples, p->in_w);
        const float value = sample_at(p, plane, &y, &x);
        if (p->maximum) {
            result = i == 0 || value > result ? value : result;
        } else {
            result += value;
        }
    }
    return p->maximum || count == 0 ? result : result / (float)count;
}

NN_KERNEL void nn_roi_align_f32(const nn_roi_align_f32_params *p, const float *input, const float *rois,
                                const int64_t *indices, float *output) {
    const int32_t area = p->in_h * p->in_w;
    for (int32_t roi = 0; roi < p->rois; roi++) {
        const float *const corner = rois + 4 * roi;
        const bins height = bins_of(p, corner[1], corner[3], p->out_h);
        const bins width = bins_of(p, corner[0], corner[2], p->out_w);
        const int known = indices[roi] >= 0 && indices[roi] < p->batch;
        const float *const image = input + (known ? (int32_t)indices[roi] : 0) * p->channels * area;
        for (int32_t c = 0; c < p->channels; c++) {
            for (int32_t oy = 0; oy < p->out_h; oy++) {
                for (int32_t ox = 0; ox < p->out_w; ox++) {
                    *output++ = known ? pool(p, image + c * area, &height, &width, oy, ox) : 0.0f;
                }
            }
        }
    }
}
