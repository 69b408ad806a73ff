#include "nn_depthwise_conv2d_s8_mve.h"

#include <arm_mve.h>

/* What the assembly below is told about the output rows of a band; offsets in bytes. */
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
} rows;

/*
 * The sums in r0, r2, r4, r6 through bias r8, multiplier r9, negative shift r10, zero point r11, to r3.
 * VQDMULH leaves floor(acc * M / 2^31), VRSHL rounds it half up by n - 31 bits.
 */
#define REQUANTIZE_TILE                                                                                      \
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

/* Two columns of two rows: the second row has the same window with the weights a byte further down. */
#define TILE_OF_TWO_ROWS                                                                                     \
    "vldrw.u32 q0, [r1, q2]\n"                                                                               \
    "add r1, r1, r5\n"                                                                                       \
    "vldrw.u32 q1, [r1, q2]\n"                                                                               \
    "add r1, r1, r5\n"                                                                                       \
    "vmladav.s8 r0, q0, q3\n"                                                                                \
    "vmladav.s8 r2, q1, q3\n"                                                                                \
    "vmladav.s8 r4, q0, q4\n"                                                                                \
    "vmladav.s8 r6, q1, q4\n" REQUANTIZE_TILE

/* Four columns of a row. */
#define TILE_OF_ONE_ROW                                                                                      \
    "vldrw.u32 q0, [r1, q2]\n"                                                                               \
    "add r1, r1, r5\n"                                                                                       \
    "vldrw.u32 q1, [r1, q2]\n"                                                                               \
    "add r1, r1, r5\n"                                                                                       \
    "vmladav.s8 r0, q0, q3\n"                                                                                \
    "vmladav.s8 r2, q1, q3\n"                                                                                \
    "vldrw.u32 q0, [r1, q2]\n"                                                                               \
    "add r1, r1, r5\n"                                                                                       \
    "vldrw.u32 q1, [r1, q2]\n"                                                                               \
    "add r1, r1, r5\n"                                                                                       \
    "vmladav.s8 r4, q0, q3\n"                                                                                \
    "vmladav.s8 r6, q1, q3\n" REQUANTIZE_TILE

/*
 * All channels of one or two output rows. In registers: r1 window, r3 output, r5 x_step, r7 out_step, r12
 * packed; q2 taps, q3 weights, q4 those of the second row, q5 results, q6, q7 clamp, P0 lanes. Frame: 0
 * band, 4 output, 8 the rows, 12 end of packed.
 */
#define CONVOLVE_ROWS(TILE)                                                                                  \
    __asm__ volatile("push {r4-r11, lr}\n"                                                                   \
                     "vpush {d8-d15}\n"                                                                      \
                     "sub sp, sp, #20\n"                                                                     \
                     "strd r0, r2, [sp]\n"                                                                   \
                     "mov r12, r1\n"                                                                         \
                     "ldr r4, [r3, #56]\n" /* channels */                                                    \
                     "add r4, r1, r4, lsl #5\n"                                                              \
                     "strd r3, r4, [sp, #8]\n"                                                               \
                     "vldrw.u32 q2, [r3]\n"                                                                  \
                     "vldrw.u32 q5, [r3, #16]\n"                                                             \
                     "ldrd r5, r7, [r3, #32]\n"                                                              \
                     "ldrd r11, r4, [r3, #60]\n" /* zero_point, min */                                       \
                     "vdup.32 q6, r4\n"                                                                      \
                     "ldrd r4, r6, [r3, #68]\n" /* max, lanes */                                             \
                     "vdup.32 q7, r4\n"                                                                      \
                     "vctp.32 r6\n"                                                                          \
                     "1:\n"                                                                                  \
                     "ldrd r0, r3, [sp]\n"                                                                   \
                     "vldrw.u32 q3, [r12], #16\n"                                                            \
                     "ldrd r8, r9, [r12], #8\n"                                                              \
                     "ldrd r10, r1, [r12], #8\n"                                                             \
                     "vshl.i32 q4, q3, #8\n"                                                                 \
                     "add r1, r1, r0\n"                                                                      \
                     "add r4, r3, #1\n"                                                                      \
                     "str r4, [sp, #4]\n"                                                                    \
                     "ldr r4, [sp, #8]\n"                                                                    \
                     "ldr r4, [r4, #52]\n" /* overlap */                                                     \
                     "cbz r4, 2f\n" TILE "ldr r4, [sp, #8]\n"                                                \
                     "ldrd r0, r2, [r4, #40]\n" /* x_back, out_back */                                       \
                     "add r1, r1, r0\n"                                                                      \
                     "add r3, r3, r2\n"                                                                      \
                     "2:\n"                                                                                  \
                     "ldr r4, [sp, #8]\n"                                                                    \
                     "ldr r4, [r4, #48]\n" /* tiles */                                                       \
                     "wls lr, r4, 4f\n"                                                                      \
                     "3:\n" TILE "le lr, 3b\n"                                                               \
                     "4:\n"                                                                                  \
                     "ldr r4, [sp, #12]\n"                                                                   \
                     "cmp r12, r4\n"                                                                         \
                     "bne 1b\n"                                                                              \
                     "add sp, sp, #20\n"                                                                     \
                     "vpop {d8-d15}\n"                                                                       \
                     "pop {r4-r11, pc}\n")

__attribute__((naked, noinline)) static void
convolve_two_rows(const int8_t *band, const NN_FLASH int32_t *packed, int8_t *output, const rows *r) {
    (void)band, (void)packed, (void)output, (void)r;
    CONVOLVE_ROWS(TILE_OF_TWO_ROWS);
}

__attribute__((naked, noinline)) static void
convolve_one_row(const int8_t *band, const NN_FLASH int32_t *packed, int8_t *output, const rows *r) {
    (void)band, (void)packed, (void)output, (void)r;
    CONVOLVE_ROWS(TILE_OF_ONE_ROW);
}

/* How `count` output rows, 1 or 2, are computed. */
static rows rows_of(const nn_depthwise_conv2d_s8_mve_params *p, int32_t count) {
    const int32_t pixel = 4 * p->in_c;
    const int32_t columns = count == 2 ? 2 : 4;
    const int32_t rest = p->out_w % columns;
    rows r = {.x_step = p->stride_w * pixel,
              .out_step = columns * p->out_c,
              .tiles = p->out_w / columns,
              .overlap = rest != 0,
              .channels = p->out_c,
              .zero_point = p->out_zero_point,
              .min = p->out_min,
              .max = p->out_max,
              .lanes = 4};
    for (int32_t k = 0; k < 4; k++) {
        const int32_t column = k < p->kernel_w ? k : 0;
        r.taps[k] = (uint32_t)(column * p->dilation_w * pixel);
        r.results[k] = (uint32_t)(count == 2 ? (k / 2 * p->out_w + k % 2) * p->out_c : k * p->out_c);
    }
    r.x_back = (rest - columns) * r.x_step;
    r.out_back = (rest - columns) * p->out_c;
    if (r.tiles == 0 && count == 1) {
        r.lanes = rest;
    } else if (r.tiles == 0) {
        /* A single column, twice to the same place. */
        r.x_step = 0;
        r.results[1] = r.results[0];
        r.results[3] = r.results[2];
    }
    return r;
}

static void fill(int8_t *to, int8_t value, int32_t count) {
    for (; count > 0; count -= 16) {
        vstrbq_p_s8(to, vdupq_n_s8(value), vctp8q((uint32_t)count));
        to += 16;
    }
}

/* Four rows of `count` bytes as [count][4]; a row that is NULL is zero_point. Up to 60 bytes of it follow. */
static void interleave(const int8_t *const from[4], int32_t count, int8_t zero_point, int8_t *to) {
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

NN_KERNEL void nn_depthwise_conv2d_s8_mve(const nn_depthwise_conv2d_s8_mve_params *p, const int8_t *input,
                                          const NN_FLASH int32_t *packed, void *scratch, int8_t *output) {
    const rows one = rows_of(p, 1), two = rows_of(p, 2);
    const int32_t row_bytes = p->in_w * p->in_c;
    const int pairs = p->kernel_h < 4 && p->stride_h == 1 && p->dilation_h == 1;
    int8_t *const band = scratch;
    const int8_t zero_point = (int8_t)p->in_zero_point;
    fill(band, zero_point, p->band_bytes);
    for (int32_t n = 0; n < p->batch; n++) {
        for (int32_t oy = 0, count; oy < p->out_h; oy += count) {
            count = pairs && oy + 1 < p->out_h ? 2 : 1;
            const int8_t *from[4];
            for (int32_t k = 0; k < 4; k++) {
                /* Rows beyond the kernel have weights of zero: any bytes do. */
                const int32_t row = k < p->kernel_h + count - 1 ? k : p->kernel_h + count - 2;
                const int32_t y = oy * p->stride_h - p->pad_top + row * p->dilation_h;
                from[k] = y >= 0 && y < p->in_h ? input + y * row_bytes : NULL;
            }
            interleave(from, row_bytes, zero_point, band + 4 * p->pad_left * p->in_c);
            if (count == 2) {
                convolve_two_rows(band, packed, output, &two);
            } else {
                convolve_one_row(band, packed, output, &one);
            }
            output += count * p->out_w * p->out_c;
        }
        input += p->in_h * row_bytes;
    }
}
