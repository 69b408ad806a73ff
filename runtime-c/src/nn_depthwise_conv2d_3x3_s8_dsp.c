#include "nn_depthwise_conv2d_3x3_s8_dsp.h"

/* Of the plane; the assembly counts on it: a column takes 32 bytes. */
#define PLANE_ROWS 16

/* What the assembly keeps on its stack, in this order. */
typedef struct {
    int32_t multiplier, rounding;
    int8_t *end0, *end1; /* of the blocks of both output rows */
    int32_t pixel_bytes;
    int32_t start; /* offset of the first output from its end */
    int32_t next_rows; /* from the last block of two rows to the first of the next two */
    int32_t odd_column;
    int32_t bias;
    int32_t row_bytes, rows;
} row_frame;

/*
 * Two output rows at a time in blocks of 2x2. A word A of the plane holds rows y and y + 1 of a column, the next
 * word B rows y + 2 and y + 3. With the words of weights W01 and W12 of a kernel column,
 *     output row y      += SMLAD(A, W01) + SMLABT(B, W12)
 *     output row y + 1  += SMLATB(A, W01) + SMLAD(B, W12)
 * r0 column, r1 offset of the output from its end, r2 r3 sums of the left column of the block, r4 r5 of the right,
 * r6 r7, r8 r9, r12 lr weights of kernel columns 0, 1, 2. The lower row is stored first: where it is none, it goes to
 * the place of the upper one.
 */
__attribute__((naked, noinline)) static void
convolve_rows(const int16_t *plane __attribute__((unused)), const uint32_t *weights __attribute__((unused)),
              const row_frame *frame __attribute__((unused))) {
    __asm__ volatile("push {r4-r11, lr}\n"
                     "sub sp, #44\n"
                     "mov r3, sp\n"
                     "ldm r2!, {r4-r9}\n"
                     "stm r3!, {r4-r9}\n"
                     "ldm r2!, {r4-r8}\n"
                     "stm r3!, {r4-r8}\n"
                     "ldm r1, {r6-r9, r12, lr}\n"

                     "1: ldr r1, [sp, #20]\n"
                     "cmp r1, #0\n"
                     "beq 3f\n"

                     "2: ldr r2, [sp, #32]\n"
                     "ldrd r10, r11, [r0, #32]\n"
                     "smlad r4, r10, r6, r2\n"
                     "smlatb r5, r10, r6, r2\n"
                     "smlatb r3, r10, r8, r2\n"
                     "smlad r2, r10, r8, r2\n"
                     "smlabt r4, r11, r7, r4\n"
                     "smlad r5, r11, r7, r5\n"
                     "smlabt r2, r11, r9, r2\n"
                     "smlad r3, r11, r9, r3\n"
                     "ldrd r10, r11, [r0, #64]\n"
                     "smlad r4, r10, r8, r4\n"
                     "smlatb r5, r10, r8, r5\n"
                     "smlad r2, r10, r12, r2\n"
                     "smlatb r3, r10, r12, r3\n"
                     "smlabt r4, r11, r9, r4\n"
                     "smlad r5, r11, r9, r5\n"
                     "smlabt r2, r11, lr, r2\n"
                     "smlad r3, r11, lr, r3\n"
                     "ldrd r10, r11, [r0, #96]\n"
                     "smlad r4, r10, r12, r4\n"
                     "smlatb r5, r10, r12, r5\n"
                     "smlabt r4, r11, lr, r4\n"
                     "smlad r5, r11, lr, r5\n"
                     "ldrd r10, r11, [r0], #64\n"
                     "smlad r2, r10, r6, r2\n"
                     "smlatb r3, r10, r6, r3\n"
                     "smlabt r2, r11, r7, r2\n"
                     "smlad r3, r11, r7, r3\n"
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

                     "3: ldr r2, [sp, #28]\n"
                     "cbz r2, 4f\n"
                     "ldr r2, [sp, #32]\n"
                     "ldrd r10, r11, [r0, #32]\n"
                     "smlatb r3, r10, r8, r2\n"
                     "smlad r2, r10, r8, r2\n"
                     "smlabt r2, r11, r9, r2\n"
                     "smlad r3, r11, r9, r3\n"
                     "ldrd r10, r11, [r0, #64]\n"
                     "smlad r2, r10, r12, r2\n"
                     "smlatb r3, r10, r12, r3\n"
                     "smlabt r2, r11, lr, r2\n"
                     "smlad r3, r11, lr, r3\n"
                     "ldrd r10, r11, [r0]\n"
                     "smlad r2, r10, r6, r2\n"
                     "smlatb r3, r10, r6, r3\n"
                     "smlabt r2, r11, r7, r2\n"
                     "smlad r3, r11, r7, r3\n"
                     "ldrd r10, r11, [sp]\n"
                     "smmla r2, r2, r10, r11\n"
                     "smmla r3, r3, r10, r11\n"
                     "ldrd r10, r11, [sp, #8]\n"
                     "ssat r2, #8, r2, asr #10\n"
                     "ssat r3, #8, r3, asr #10\n"
                     "strb r3, [r11]\n"
                     "strb r2, [r10]\n"

                     "4: ldrd r2, r3, [sp, #36]\n" /* row_bytes, rows */
                     "subs r3, r3, #2\n"
                     "ble 5f\n"
                     "str r3, [sp, #40]\n"
                     "ldr r4, [sp, #24]\n"
                     "ldr r10, [sp, #8]\n"
                     "add r0, r0, r4\n"
                     "add r10, r10, r2, lsl #1\n"
                     "cmp r3, #1\n"
                     "ite eq\n"
                     "moveq r11, r10\n"
                     "addne r11, r10, r2\n"
                     "strd r10, r11, [sp, #8]\n"
                     "b 1b\n"
                     "5: add sp, #44\n"
                     "pop {r4-r11, pc}\n");
}

static void convolve(const void *context, const nn_depthwise_band *band) {
    const int32_t blocks = band->columns / 2;
    row_frame f;
    f.bias = (int32_t)band->weights[6];
    f.multiplier = (int32_t)band->weights[7];
    f.rounding = *(const int32_t *)context;
    f.pixel_bytes = band->pixel_bytes;
    f.start = -2 * blocks * band->pixel_bytes;
    f.end0 = band->output - f.start;
    f.end1 = band->rows > 1 ? f.end0 + band->row_bytes : f.end0;
    f.next_rows = 4 - 64 * blocks;
    f.odd_column = band->columns % 2;
    f.row_bytes = band->row_bytes;
    f.rows = band->rows;
    convolve_rows(band->plane, band->weights, &f);
}

NN_KERNEL void nn_depthwise_conv2d_3x3_s8_dsp(const nn_depthwise_conv2d_3x3_s8_dsp_params *p,
                                              const int8_t *input, const int32_t *weights, void *scratch,
                                              int8_t *output) {
    const nn_depthwise_band_shape shape = {
        .plane_rows = PLANE_ROWS, .band_rows = PLANE_ROWS - 2, .kernel_h = 3, .stride_h = 1, .channel_words = 8};
    const int32_t rounding = nn_rounding(p->out_zero_point, 10);
    nn_depthwise_planes(p, shape, input, (const uint32_t *)(const void *)weights, scratch, output, convolve,
                        &rounding);
}
