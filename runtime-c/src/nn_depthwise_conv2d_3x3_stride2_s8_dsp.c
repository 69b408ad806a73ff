#include "nn_depthwise_conv2d_3x3_stride2_s8_dsp.h"

/* What the assembly keeps on its stack, with byte offsets. */
typedef struct {
    int32_t multiplier, rounding;  /* 0 */
    int8_t *end0, *end1;           /* 8: of both output rows */
    int32_t pixel_bytes;           /* 16 */
    int32_t next_rows;             /* 20: from the end of two rows of the plane to the next two */
    int32_t start;                 /* 24: offset of the first output from its end */
    int32_t odd;                   /* 28: whether there is an odd column; then where a row starts */
    int32_t bias;                  /* 32 */
    int32_t row_bytes, rows, left; /* 36 */
    const uint32_t *plane;         /* 48 */
    int32_t plane_bytes;           /* 52 */
    const int32_t *weights;        /* 56 */
    int8_t *end;                   /* 60: of the first output row */
    int32_t channels;              /* 64 */
} band_frame;

/*
 * Two output rows at a time in blocks of 2x2, behind an odd column. Words A, B, C of the plane hold rows 2y
 * and 2y + 1, 2y + 2 and 2y + 3, 2y + 4 and 2y + 5 of a column. With the words W01 and W2 of a kernel column,
 *     output row y      += SMLAD(A, W01) + SMLABB(B, W2)
 *     output row y + 1  += SMLAD(B, W01) + SMLABB(C, W2)
 * r0 column, r1 offset of the output from its end, r2 r3 sums of the left column of the block, r4 r5 of the
 * right, r6 r7 r8 words W01 of kernel columns 0, 1, 2, r9 the W2 of columns 0 and 1, r12 that of column 2.
 * The lower row is stored first: where it is none, it goes to the place of the upper one.
 */
__attribute__((naked, noinline)) static void convolve_channels(const band_frame *frame
                                                               __attribute__((unused))) {
    /* clang-format off */
    __asm__ volatile(
        "push {r4-r11, lr}\n"
        "sub sp, #68\n"
        "mov r1, sp\n"
        "ldm r0!, {r2-r10}\n"
        "stm r1!, {r2-r10}\n"
        "ldm r0!, {r2-r9}\n"
        "stm r1!, {r2-r9}\n"
        "ldr r2, [sp, #28]\n"
        "adr r3, 2f\n"
        "cbz r2, 5f\n"
        "adr r3, 1f\n"
        "5: orr r3, r3, #1\n"
        "str r3, [sp, #28]\n"

        "0: ldr r1, [sp, #56]\n"
        "ldm r1!, {r6-r9, r12}\n"
        "ldrd r2, r3, [r1], #8\n"
        "str r1, [sp, #56]\n"
        "str r2, [sp, #32]\n"
        "str r3, [sp]\n"
        "ldrd r0, r2, [sp, #48]\n"
        "add r2, r2, r0\n"
        "str r2, [sp, #48]\n"
        "ldr r10, [sp, #60]\n"
        "add r2, r10, #1\n"
        "str r2, [sp, #60]\n"
        "ldrd r2, r3, [sp, #36]\n"
        "str r3, [sp, #44]\n"
        "cmp r3, #1\n"
        "ite eq\n"
        "moveq r11, r10\n"
        "addne r11, r10, r2\n"
        "strd r10, r11, [sp, #8]\n"
        "ldr r1, [sp, #24]\n"
        "ldr pc, [sp, #28]\n"

        ".balign 4\n"
        "1: ldr r2, [sp, #32]\n"
        "ldrd r10, r11, [r0, #32]\n"
        "ldr lr, [r0, #40]\n"
        "smlad r3, r11, r7, r2\n"
        "smlad r2, r10, r7, r2\n"
        "smlabt r2, r11, r9, r2\n"
        "smlabt r3, lr, r9, r3\n"
        "ldrd r10, r11, [r0, #64]\n"
        "ldr lr, [r0, #72]\n"
        "smlad r2, r10, r8, r2\n"
        "smlad r3, r11, r8, r3\n"
        "smlabb r2, r11, r12, r2\n"
        "smlabb r3, lr, r12, r3\n"
        "ldr lr, [r0, #8]\n"
        "ldrd r10, r11, [r0], #64\n"
        "smlad r2, r10, r6, r2\n"
        "smlad r3, r11, r6, r3\n"
        "smlabb r2, r11, r9, r2\n"
        "smlabb r3, lr, r9, r3\n"
        "ldrd r10, r11, [sp]\n"
        "smmla r2, r2, r10, r11\n"
        "smmla r3, r3, r10, r11\n"
        "ldrd r10, r11, [sp, #8]\n"
        "ssat r2, #8, r2, asr #10\n"
        "ssat r3, #8, r3, asr #10\n"
        "strb r3, [r11, r1]\n"
        "strb r2, [r10, r1]\n"
        "ldr r2, [sp, #16]\n"
        "add r1, r1, r2\n"

        "2: ldr r2, [sp, #32]\n"
        "ldrd r10, r11, [r0, #64]\n"
        "ldr lr, [r0, #72]\n"
        "smlad r4, r10, r6, r2\n"
        "smlad r5, r11, r6, r2\n"
        "smlad r3, r11, r8, r2\n"
        "smlad r2, r10, r8, r2\n"
        "smlabb r4, r11, r9, r4\n"
        "smlabb r5, lr, r9, r5\n"
        "smlabb r2, r11, r12, r2\n"
        "smlabb r3, lr, r12, r3\n"
        "ldrd r10, r11, [r0, #96]\n"
        "ldr lr, [r0, #104]\n"
        "smlad r4, r10, r7, r4\n"
        "smlad r5, r11, r7, r5\n"
        "smlabt r4, r11, r9, r4\n"
        "smlabt r5, lr, r9, r5\n"
        "ldrd r10, r11, [r0, #128]\n"
        "ldr lr, [r0, #136]\n"
        "smlad r4, r10, r8, r4\n"
        "smlad r5, r11, r8, r5\n"
        "smlabb r4, r11, r12, r4\n"
        "smlabb r5, lr, r12, r5\n"
        "ldrd r10, r11, [r0, #32]\n"
        "ldr lr, [r0, #40]\n"
        "smlad r2, r10, r7, r2\n"
        "smlad r3, r11, r7, r3\n"
        "smlabt r2, r11, r9, r2\n"
        "smlabt r3, lr, r9, r3\n"
        "ldr lr, [r0, #8]\n"
        "ldrd r10, r11, [r0], #128\n"
        "smlad r2, r10, r6, r2\n"
        "smlad r3, r11, r6, r3\n"
        "smlabb r2, r11, r9, r2\n"
        "smlabb r3, lr, r9, r3\n"
        "ldrd r10, r11, [sp]\n"
        "smmla r2, r2, r10, r11\n"
        "smmla r3, r3, r10, r11\n"
        "smmla r4, r4, r10, r11\n"
        "smmla r5, r5, r10, r11\n"
        "ldrd r10, r11, [sp, #8]\n"
        "ssat r2, #8, r2, asr #10\n"
        "ssat r3, #8, r3, asr #10\n"
        "ssat r4, #8, r4, asr #10\n"
        "ssat r5, #8, r5, asr #10\n"
        "strb r3, [r11, r1]\n"
        "strb r2, [r10, r1]\n"
        "ldr r2, [sp, #16]\n"
        "add r1, r1, r2\n"
        "strb r5, [r11, r1]\n"
        "strb r4, [r10, r1]\n"
        "adds r1, r1, r2\n"
        "bmi 2b\n"

        "ldr r3, [sp, #44]\n"
        "subs r3, r3, #2\n"
        "ble 3f\n"
        "str r3, [sp, #44]\n"
        "ldr r2, [sp, #36]\n"
        "ldrd r10, r11, [sp, #8]\n"
        "add r10, r10, r2, lsl #1\n"
        "add r11, r11, r2, lsl #1\n"
        "cmp r3, #1\n"
        "it eq\n"
        "moveq r11, r10\n"
        "strd r10, r11, [sp, #8]\n"
        "ldrd r4, r1, [sp, #20]\n"
        "add r0, r0, r4\n"
        "ldr pc, [sp, #28]\n"

        "3: ldr r2, [sp, #64]\n"
        "subs r2, r2, #1\n"
        "str r2, [sp, #64]\n"
        "bne 0b\n"
        "add sp, #68\n"
        "pop {r4-r11, pc}\n");
    /* clang-format on */
}

static void convolve(const void *context, const nn_depthwise_band *band) {
    const nn_depthwise_planes_params *p = context;
    band_frame frame;
    frame.rounding = nn_rounding(p->out_zero_point, 10);
    frame.pixel_bytes = p->in_c * p->channel_multiplier;
    frame.row_bytes = p->out_w * frame.pixel_bytes;
    frame.next_rows = 8 - 2 * 4 * NN_COLUMN_WORDS * p->out_w;
    frame.start = -frame.row_bytes;
    frame.odd = p->out_w % 2;
    frame.rows = band->rows;
    frame.plane = band->plane;
    frame.plane_bytes = band->plane_bytes;
    frame.weights = band->weights;
    frame.end = band->output + frame.row_bytes;
    frame.channels = band->channels;
    convolve_channels(&frame);
}

NN_KERNEL void nn_depthwise_conv2d_3x3_stride2_s8_dsp(const nn_depthwise_conv2d_3x3_stride2_s8_dsp_params *p,
                                                      const int8_t *input, const int32_t *weights,
                                                      void *scratch, int8_t *output) {
    const nn_depthwise_shape shape = {.kernel_h = 3, .stride_h = 2, .band_rows = 6, .channel_words = 7};
    nn_depthwise_planes(p, shape, input, weights, scratch, output, convolve, p);
}
