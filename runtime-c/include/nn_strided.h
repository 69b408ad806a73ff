/* Row-wise walks over tensors of six axes, the element size known at run time. */
#ifndef NN_STRIDED_H
#define NN_STRIDED_H

#include <string.h>

#include "nn_common.h"

/* Elements of 2, 4 and 8 bytes whatever their type: such accesses alias everything, as those of uint8_t do.
 */
#if defined(__GNUC__)
typedef uint16_t nn_element16 __attribute__((may_alias));
typedef uint32_t nn_element32 __attribute__((may_alias));
typedef uint64_t nn_element64 __attribute__((may_alias));
#else
typedef uint16_t nn_element16;
typedef uint32_t nn_element32;
typedef uint64_t nn_element64;
#endif

/* Steps index[0..4] to the next row of shape[0..4], the last axis first; 0 after the last row. */
static inline int nn_next_row(const int32_t shape[6], int32_t index[5]) {
    for (int axis = 4; axis >= 0; axis--) {
        if (++index[axis] < shape[axis]) {
            return 1;
        }
        index[axis] = 0;
    }
    return 0;
}

/* 1 when a dimension is 0. */
static inline int nn_is_empty(const int32_t shape[6]) {
    int empty = 0;
    for (int axis = 0; axis < 6; axis++) {
        empty |= shape[axis] == 0;
    }
    return empty;
}

/* Elements from the first element to the start of row `index`. */
static inline int32_t nn_row_offset(const int32_t index[5], const int32_t stride[6]) {
    int32_t offset = 0;
    for (int axis = 0; axis < 5; axis++) {
        offset += index[axis] * stride[axis];
    }
    return offset;
}

/* One element of element_bytes (1, 2, 4 or 8), aligned to its size. */
static inline void nn_copy_element(void *out, const void *in, int32_t element_bytes) {
    if (element_bytes == 1) {
        *(uint8_t *)out = *(const uint8_t *)in;
    } else if (element_bytes == 2) {
        *(nn_element16 *)out = *(const nn_element16 *)in;
    } else if (element_bytes == 4) {
        *(nn_element32 *)out = *(const nn_element32 *)in;
    } else {
        *(nn_element64 *)out = *(const nn_element64 *)in;
    }
}

/* out[i] = in[i * stride] for count elements of element_bytes (1, 2, 4 or 8), aligned to their size. */
static inline void nn_copy_row(uint8_t *out, const uint8_t *in, int32_t count, int32_t stride,
                               int32_t element_bytes) {
    if (stride == 1) {
        memcpy(out, in, (size_t)(count * element_bytes));
    } else if (element_bytes == 8) {
        nn_element64 *to = (nn_element64 *)(void *)out;
        const nn_element64 *from = (const nn_element64 *)(const void *)in;
        for (int32_t i = 0; i < count; i++) {
            to[i] = from[i * stride];
        }
    } else if (element_bytes == 4) {
        nn_element32 *to = (nn_element32 *)(void *)out;
        const nn_element32 *from = (const nn_element32 *)(const void *)in;
        for (int32_t i = 0; i < count; i++) {
            to[i] = from[i * stride];
        }
    } else if (element_bytes == 2) {
        nn_element16 *to = (nn_element16 *)(void *)out;
        const nn_element16 *from = (const nn_element16 *)(const void *)in;
        for (int32_t i = 0; i < count; i++) {
            to[i] = from[i * stride];
        }
    } else {
        for (int32_t i = 0; i < count; i++) {
            out[i] = in[i * stride];
        }
    }
}

#endif
