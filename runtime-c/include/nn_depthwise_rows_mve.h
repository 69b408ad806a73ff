/* What the depthwise convolutions with MVE share: bands of interleaved rows, and tiles of four results. */
#ifndef NN_DEPTHWISE_ROWS_MVE_H
#define NN_DEPTHWISE_ROWS_MVE_H

#include <arm_mve.h>

#include "nn_common.h"

/* What the assembly is told about the output rows of a band; offsets in bytes. */
typedef struct {
    uint32_t taps[4];    /* 0: from the first column of a window to each */
    uint32_t results[4]; /* 16: from the first result of a tile to each */
    int32_t x_step;      /* 32: from one window to the next in a row */
    int32_t out_step;    /* 36: from one tile to the next */
    int32_t x_back;      /* 40: where tiles overlap, from the end of the first to the start of the next */
    int32_t out_back;    /* 44 */
    int32_t tiles;       /* 48: without a first one that overlaps */
    int32_t overlap;     /* 52: whether there is one */
    int32_t channels;    /* 56 */
    int32_t zero_point;  /* 60 */
    int32_t min, max;    /* 64, 68 */
    int32_t lanes;       /* 72: results of a tile that exist */
} nn_rows_mve;

/*
 * The sums in r0, r2, r4, r6 through bias r8, multiplier r9, negative shift r10, zero point r11, to r3.
 * VQDMULH leaves floor(acc * M / 2^31), VRSHL rounds it half up by n - 31 bits.
 */
#define NN_REQUANTIZE_TILE                                                                                   \
    "vmov q0[2], q0[0], r0, r4\n"                                                                            \
    "vmov q0[3], q0[1], r2, r6\n"                                                                            \
    "vadd.i32 q0, q0, r8\n"                                                                                  \
    "vqdmulh.s32 q0, q0, r9\n"                                                                               \
    "vrshl.s32 q0, r10\n"                                                                                    \
    "vadd.i32 q0, q0, r11\n"                                                                                 \
    "vmax.s32 q0, q0, q6\n"                                                                                  \
    "vmin.s32 q0, q0, q7\n"                                                                                  \
    "vpst\n"                                                                                                 \
    "vstrbt.32 q0, [r3, q5]\n"                                                                               \
    "add r3, r3, r7\n"

static inline void nn_fill_mve(int8_t *to, int8_t value, int32_t count) {
    for (; count > 0; count -= 16) {
        vstrbq_p_s8(to, vdupq_n_s8(value), vctp8q((uint32_t)count));
        to += 16;
    }
}

/* Four rows of `count` bytes as [count][4]; a row that is NULL is zero_point. Up to 60 bytes of it follow. */
static inline void nn_interleave_mve(const int8_t *const from[4], int32_t count, int8_t zero_point,
                                     int8_t *to) {
    int32_t done = 0;
    if (from[0] && from[1] && from[2] && from[3] && count >= 16) {
        const int8_t *a = from[0], *b = from[1], *c = from[2], *d = from[3];
        done = count / 16 * 16;
        __asm__ volatile("dls lr, %[chunks]\n"
                         "1:\n"
                         "vldrb.8 q0, [%[a]], #16\n"
                         "vldrb.8 q1, [%[b]], #16\n"
                         "vldrb.8 q2, [%[c]], #16\n"
                         "vldrb.8 q3, [%[d]], #16\n"
                         "vst40.8 {q0, q1, q2, q3}, [%[to]]\n"
                         "vst41.8 {q0, q1, q2, q3}, [%[to]]\n"
                         "vst42.8 {q0, q1, q2, q3}, [%[to]]\n"
                         "vst43.8 {q0, q1, q2, q3}, [%[to]]!\n"
                         "le lr, 1b\n"
                         : [a] "+r"(a), [b] "+r"(b), [c] "+r"(c), [d] "+r"(d), [to] "+r"(to)
                         : [chunks] "r"(count / 16)
                         : "q0", "q1", "q2", "q3", "lr", "memory");
    }
    const int8x16_t zero = vdupq_n_s8(zero_point);
    for (; done < count; done += 16) {
        const mve_pred16_t inside = vctp8q((uint32_t)(count - done));
        int8x16x4_t four;
        for (int k = 0; k < 4; k++) {
            four.val[k] = from[k] ? vpselq_s8(vldrbq_z_s8(from[k] + done, inside), zero, inside) : zero;
        }
        vst4q_s8(to, four);
        to += 64;
    }
}

#endif
