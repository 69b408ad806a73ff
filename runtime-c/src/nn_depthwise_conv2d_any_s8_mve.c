#include "nn_depthwise_conv2d_any_s8_mve.h"

#include "nn_depthwise_rows_mve.h"

/* As nn_rows_mve, for one output row of a kernel in several parts. */
typedef struct {
    nn_rows_mve rows;
    int32_t parts;       /* 76 */
    int32_t offsets[64]; /* 80: of the parts, from the window in the first band */
} part_rows;

/* Four columns: the sums of every part, its weights at r12, then bias, multiplier and shift behind them. */
#define TILE_OF_PARTS                                                                                        \
    "ldr r8, [sp, #8]\n"                                                                                     \
    "ldr r9, [r8, #76]\n"                                                                                    \
    "add r8, r8, #80\n"                                                                                      \
    "movs r0, #0\n"                                                                                          \
    "movs r2, #0\n"                                                                                          \
    "movs r4, #0\n"                                                                                          \
    "movs r6, #0\n"                                                                                          \
    "5:\n"                                                                                                   \
    "ldr r10, [r8], #4\n"                                                                                    \
    "vldrw.u32 q3, [r12], #16\n"                                                                             \
    "add r10, r10, r1\n"                                                                                     \
    "vldrw.u32 q0, [r10, q2]\n"                                                                              \
    "add r10, r10, r5\n"                                                                                     \
    "vldrw.u32 q1, [r10, q2]\n"                                                                              \
    "add r10, r10, r5\n"                                                                                     \
    "vmladava.s8 r0, q0, q3\n"                                                                               \
    "vmladava.s8 r2, q1, q3\n"                                                                               \
    "vldrw.u32 q0, [r10, q2]\n"                                                                              \
    "add r10, r10, r5\n"                                                                                     \
    "vldrw.u32 q1, [r10, q2]\n"                                                                              \
    "subs r9, r9, #1\n"                                                                                      \
    "vmladava.s8 r4, q0, q3\n"                                                                               \
    "vmladava.s8 r6, q1, q3\n"                                                                               \
    "bne 5b\n"                                                                                               \
    "ldrd r8, r9, [r12]\n"                                                                                   \
    "ldr r10, [r12, #8]\n" NN_REQUANTIZE_TILE "ldr r4, [sp, #16]\n"                                          \
    "sub r12, r12, r4\n"                                                                                     \
    "add r1, r1, r5, lsl #2\n"

/*
 * All channels of an output row. In registers: r1 window, r3 output, r5 x_step, r7 out_step, r11 zero point,
 * r12 packed; q2 taps, q5 results, q6, q7 clamp, P0 lanes. Frame: 0 first band, 4 output, 8 the rows, 12
 * channels left, 16 bytes of the weights of a channel.
 */
__attribute__((naked, noinline)) static void convolve_row(const int8_t *bands, const NN_FLASH int32_t *packed,
                                                          int8_t *output, const part_rows *r) {
    (void)bands, (void)packed, (void)output, (void)r;
    __asm__ volatile("push {r4-r11, lr}\n"
                     "vpush {d8-d15}\n"
                     "sub sp, sp, #20\n"
                     "strd r0, r2, [sp]\n"
                     "mov r12, r1\n"
                     "ldr r4, [r3, #56]\n" /* channels */
                     "strd r3, r4, [sp, #8]\n"
                     "ldr r4, [r3, #76]\n" /* parts */
                     "lsls r4, r4, #4\n"
                     "str r4, [sp, #16]\n"
                     "vldrw.u32 q2, [r3]\n"
                     "vldrw.u32 q5, [r3, #16]\n"
                     "ldrd r5, r7, [r3, #32]\n"
                     "ldrd r11, r4, [r3, #60]\n" /* zero_point, min */
                     "vdup.32 q6, r4\n"
                     "ldrd r4, r6, [r3, #68]\n" /* max, lanes */
                     "vdup.32 q7, r4\n"
                     "vctp.32 r6\n"
                     "1:\n"
                     "ldrd r0, r3, [sp]\n"
                     "ldr r4, [sp, #16]\n"
                     "add r4, r4, r12\n"
                     "ldr r1, [r4, #12]\n"
                     "add r1, r1, r0\n"
                     "add r4, r3, #1\n"
                     "str r4, [sp, #4]\n"
                     "ldr r4, [sp, #8]\n"
                     "ldr r4, [r4, #52]\n" /* overlap */
                     "cmp r4, #0\n"
                     "beq 2f\n" TILE_OF_PARTS "ldr r4, [sp, #8]\n"
                     "ldrd r0, r2, [r4, #40]\n" /* x_back, out_back */
                     "add r1, r1, r0\n"
                     "add r3, r3, r2\n"
                     "2:\n"
                     "ldr r4, [sp, #8]\n"
                     "ldr r4, [r4, #48]\n" /* tiles */
                     "wls lr, r4, 4f\n"
                     "3:\n" TILE_OF_PARTS "le lr, 3b\n"
                     "4:\n"
                     "ldr r4, [sp, #16]\n"
                     "add r12, r12, r4\n"
                     "add r12, r12, #16\n"
                     "ldr r4, [sp, #12]\n"
                     "subs r4, r4, #1\n"
                     "str r4, [sp, #12]\n"
                     "bne 1b\n"
                     "add sp, sp, #20\n"
                     "vpop {d8-d15}\n"
                     "pop {r4-r11, pc}\n");
}

static void describe(const nn_depthwise_conv2d_any_s8_mve_params *p, part_rows *r) {
    const int32_t pixel = 4 * p->in_c;
    const int32_t rest = p->out_w % 4;
    r->rows.x_step = p->stride_w * pixel;
    r->rows.out_step = 4 * p->out_c;
    r->rows.tiles = p->out_w / 4;
    r->rows.overlap = rest != 0;
    r->rows.channels = p->out_c;
    r->rows.zero_point = p->out_zero_point;
    r->rows.min = p->out_min;
    r->rows.max = p->out_max;
    r->rows.lanes = r->rows.tiles > 0 ? 4 : rest;
    r->rows.x_back = (rest - 4) * r->rows.x_step;
    r->rows.out_back = (rest - 4) * p->out_c;
    for (int32_t k = 0; k < 4; k++) {
        r->rows.taps[k] = (uint32_t)(k * p->dilation_w * pixel);
        r->rows.results[k] = (uint32_t)(k * p->out_c);
    }
    r->parts = 0;
    for (int32_t ky = 0; ky < p->kernel_h; ky += 4) {
        for (int32_t kx = 0; kx < p->kernel_w; kx += 4) {
            r->offsets[r->parts++] = ky / 4 * p->band_bytes + kx * p->dilation_w * pixel;
        }
    }
}

NN_KERNEL void nn_depthwise_conv2d_any_s8_mve(const nn_depthwise_conv2d_any_s8_mve_params *p,
                                              const int8_t *input, const NN_FLASH int32_t *packed,
                                              void *scratch, int8_t *output) {
    part_rows r;
    describe(p, &r);
    const int32_t row_bytes = p->in_w * p->in_c;
    const int32_t bands = (p->kernel_h + 3) / 4;
    const int8_t zero_point = (int8_t)p->in_zero_point;
    nn_fill_mve(scratch, zero_point, bands * p->band_bytes);
    for (int32_t n = 0; n < p->batch; n++) {
        for (int32_t oy = 0; oy < p->out_h; oy++) {
            int8_t *band = (int8_t *)scratch + 4 * p->pad_left * p->in_c;
            for (int32_t ky = 0; ky < p->kernel_h; ky += 4) {
                const int8_t *from[4];
                for (int32_t k = 0; k < 4; k++) {
                    /* Rows beyond the kernel have weights of zero: any bytes do. */
                    const int32_t row = ky + k < p->kernel_h ? ky + k : p->kernel_h - 1;
                    const int32_t y = oy * p->stride_h - p->pad_top + row * p->dilation_h;
                    from[k] = y >= 0 && y < p->in_h ? input + y * row_bytes : NULL;
                }
                nn_interleave_mve(from, row_bytes, zero_point, band);
                band += p->band_bytes;
            }
            convolve_row(scratch, packed, output, &r);
            output += p->out_w * p->out_c;
        }
        input += p->in_h * row_bytes;
    }
}
