#include "nn_depthwise_conv2d_s8_mve.h"

#include "nn_depthwise_rows_mve.h"

/* Two columns of two rows: the second row has the same window with the weights a byte further down. */
#define TILE_OF_TWO_ROWS                                                                                     \
    "vldrw.u32 q0, [r1, q2]\n"                                                                               \
    "add r1, r1, r5\n"                                                                                       \
    "vldrw.u32 q1, [r1, q2]\n"                                                                               \
    "add r1, r1, r5\n"                                                                                       \
    "vmladav.s8 r0, q0, q3\n"                                                                                \
    "vmladav.s8 r2, q1, q3\n"                                                                                \
    "vmladav.s8 r4, q0, q4\n"                                                                                \
    "vmladav.s8 r6, q1, q4\n" NN_REQUANTIZE_TILE

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
    "vmladav.s8 r6, q1, q3\n" NN_REQUANTIZE_TILE

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
convolve_two_rows(const int8_t *band, const NN_FLASH int32_t *packed, int8_t *output, const nn_rows_mve *r) {
    (void)band, (void)packed, (void)output, (void)r;
    CONVOLVE_ROWS(TILE_OF_TWO_ROWS);
}

__attribute__((naked, noinline)) static void
convolve_one_row(const int8_t *band, const NN_FLASH int32_t *packed, int8_t *output, const nn_rows_mve *r) {
    (void)band, (void)packed, (void)output, (void)r;
    CONVOLVE_ROWS(TILE_OF_ONE_ROW);
}

/* How `count` output rows, 1 or 2, are computed. */
static nn_rows_mve rows_of(const nn_depthwise_conv2d_s8_mve_params *p, int32_t count) {
    const int32_t pixel = 4 * p->in_c;
    const int32_t columns = count == 2 ? 2 : 4;
    const int32_t rest = p->out_w % columns;
    nn_rows_mve r = {.x_step = p->stride_w * pixel,
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

NN_KERNEL void nn_depthwise_conv2d_s8_mve(const nn_depthwise_conv2d_s8_mve_params *p, const int8_t *input,
                                          const NN_FLASH int32_t *packed, void *scratch, int8_t *output) {
    const nn_rows_mve one = rows_of(p, 1), two = rows_of(p, 2);
    const int32_t row_bytes = p->in_w * p->in_c;
    const int pairs = p->kernel_h < 4 && p->stride_h == 1 && p->dilation_h == 1;
    int8_t *const band = scratch;
    const int8_t zero_point = (int8_t)p->in_zero_point;
    nn_fill_mve(band, zero_point, p->band_bytes);
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
            nn_interleave_mve(from, row_bytes, zero_point, band + 4 * p->pad_left * p->in_c);
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
