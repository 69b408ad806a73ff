/* The inner loop of the convolutions with MVE: two pixels times four output channels in registers. */
#ifndef NN_CONV2D_PAIRS_MVE_H
#define NN_CONV2D_PAIRS_MVE_H

#include "nn_common.h"

/*
 * The sums in r0, r4, r8, r12 (first pixel) and r2, r6, r10, lr (second), as vectors q2 and q3 over the
 * channels, through bias, multiplier and shift at r5, r7 being the zero point. VMULH leaves floor(acc * M /
 * 2^32), VRSHL rounds it half up by n - 32 bits: for n > 32 that is the definition, the low word cannot
 * matter. Both pixels then share eight lanes of 16 bits; saturating before the clamp changes nothing.
 */
#define NN_REQUANTIZE_PAIR                                                                                   \
    "vmov q2[2], q2[0], r0, r8\n"                                                                            \
    "vmov q2[3], q2[1], r4, r12\n"                                                                           \
    "vmov q3[2], q3[0], r2, r10\n"                                                                           \
    "vmov q3[3], q3[1], r6, lr\n"                                                                            \
    "vldrw.u32 q5, [r5], #16\n"                                                                              \
    "vadd.i32 q2, q2, q5\n"                                                                                  \
    "vadd.i32 q3, q3, q5\n"                                                                                  \
    "vldrw.u32 q5, [r5], #16\n"                                                                              \
    "vmulh.s32 q2, q2, q5\n"                                                                                 \
    "vmulh.s32 q3, q3, q5\n"                                                                                 \
    "vldrw.u32 q5, [r5], #16\n"                                                                              \
    "vrshl.s32 q2, q2, q5\n"                                                                                 \
    "vrshl.s32 q3, q3, q5\n"                                                                                 \
    "vqmovnb.s32 q2, q2\n"                                                                                   \
    "vqmovnt.s32 q2, q3\n"                                                                                   \
    "vqadd.s16 q2, q2, r7\n"                                                                                 \
    "vmax.s16 q2, q2, q6\n"                                                                                  \
    "vmin.s16 q2, q2, q7\n"                                                                                  \
    "subs r9, r9, #4\n"

/* The first chunk of the windows in q0 and q1 with four channels; starts the eight sums. */
#define NN_FIRST_CHUNK                                                                                       \
    "vldrb.8 q2, [r5], #16\n"                                                                                \
    "vmladav.s8 r0, q0, q2\n"                                                                                \
    "vldrb.8 q3, [r5], #16\n"                                                                                \
    "vmladav.s8 r2, q1, q2\n"                                                                                \
    "vmladav.s8 r4, q0, q3\n"                                                                                \
    "vldrb.8 q2, [r5], #16\n"                                                                                \
    "vmladav.s8 r6, q1, q3\n"                                                                                \
    "vmladav.s8 r8, q0, q2\n"                                                                                \
    "vldrb.8 q3, [r5], #16\n"                                                                                \
    "vmladav.s8 r10, q1, q2\n"                                                                               \
    "vmladav.s8 r12, q0, q3\n"                                                                               \
    "vmladav.s8 lr, q1, q3\n"

/*
 * `pairs` times: the windows at x0 and x1, `head` values (1 to 16) and then `full` times 16 of them, with all
 * channels; results to output and `second` bytes behind it. Then x0 and x1 move on by x_step, output by
 * 2 * out_c. packed holds, for every four channels, the weights in chunks of 16, four channels to a chunk,
 * the head filled up with zeros; then four biases, multipliers and negative shifts.
 */
__attribute__((naked)) NN_KERNEL void nn_conv2d_pairs_mve(const int8_t *x0, const int8_t *x1,
                                                          const NN_FLASH int32_t *packed, int8_t *output,
                                                          int32_t out_c, int32_t pairs, int32_t x_step,
                                                          int32_t head, int32_t full, int32_t second,
                                                          int32_t zero_point, int32_t min, int32_t max);

__attribute__((naked)) NN_KERNEL void nn_conv2d_pairs_mve(const int8_t *x0, const int8_t *x1,
                                                          const NN_FLASH int32_t *packed, int8_t *output,
                                                          int32_t out_c, int32_t pairs, int32_t x_step,
                                                          int32_t head, int32_t full, int32_t second,
                                                          int32_t zero_point, int32_t min, int32_t max) {
    (void)x0, (void)x1, (void)packed, (void)output, (void)out_c, (void)pairs, (void)x_step, (void)head;
    (void)full, (void)second, (void)zero_point, (void)min, (void)max;
    /*
     * Sums are the even registers, as VMLADAV wants them; r1, r3 windows, r5 packed, r7 chunks left, then the
     * zero point, r9 channels left, r11 output. q4 offsets of the results, q6, q7 clamp, P0 the head.
     * Frame: 0 x0, 4 x1, 8 x0 and 12 x1 behind the head, 16 packed, 20 output; arguments from 128 on.
     */
    __asm__ volatile("push {r4-r11, lr}\n"
                     "vpush {d8-d15}\n"
                     "sub sp, sp, #28\n"
                     "strd r0, r1, [sp]\n"
                     "strd r2, r3, [sp, #16]\n"
                     "ldr r4, [sp, #156]\n" /* min */
                     "vdup.16 q6, r4\n"
                     "ldr r4, [sp, #160]\n" /* max */
                     "vdup.16 q7, r4\n"
                     "ldr r6, [sp, #148]\n" /* second */
                     "movs r4, #0\n"
                     "vidup.u16 q4, r4, #1\n"
                     "vshr.u16 q4, q4, #1\n"
                     "lsls r6, r6, #16\n"
                     "vdup.32 q0, r6\n"
                     "vadd.i16 q4, q4, q0\n" /* 0, second, 1, second + 1, ... */
                     "ldr r4, [sp, #140]\n"  /* head */
                     "vctp.8 r4\n"
                     "1:\n"
                     "ldrd r1, r3, [sp]\n"
                     "ldrd r5, r11, [sp, #16]\n"
                     "ldr r9, [sp, #128]\n" /* out_c */
                     "ldr r7, [sp, #144]\n" /* full */
                     "cmp r7, #0\n"
                     "beq 4f\n"
                     "ldr r4, [sp, #140]\n" /* head */
                     "add r6, r1, r4\n"
                     "add r8, r3, r4\n"
                     "strd r6, r8, [sp, #8]\n"
                     /* Windows of several chunks. */
                     "2:\n"
                     "ldrd r1, r3, [sp]\n"
                     "vpstt\n"
                     "vldrbt.u8 q0, [r1]\n"
                     "vldrbt.u8 q1, [r3]\n"
                     "ldrd r1, r3, [sp, #8]\n"
                     "ldr r7, [sp, #144]\n" /* full */
                     NN_FIRST_CHUNK "3:\n"
                     "vldrb.8 q0, [r1], #16\n"
                     "vldrb.8 q2, [r5], #16\n"
                     "vmladava.s8 r0, q0, q2\n"
                     "vldrb.8 q1, [r3], #16\n"
                     "vmladava.s8 r2, q1, q2\n"
                     "vldrb.8 q3, [r5], #16\n"
                     "vmladava.s8 r4, q0, q3\n"
                     "vldrb.8 q2, [r5], #16\n"
                     "vmladava.s8 r6, q1, q3\n"
                     "vmladava.s8 r8, q0, q2\n"
                     "vldrb.8 q3, [r5], #16\n"
                     "vmladava.s8 r10, q1, q2\n"
                     "subs r7, r7, #1\n"
                     "vmladava.s8 r12, q0, q3\n"
                     "vmladava.s8 lr, q1, q3\n"
                     "bne 3b\n"
                     "ldr r7, [sp, #152]\n" /* zero_point */
                     NN_REQUANTIZE_PAIR "blt 6f\n"
                     "vstrb.16 q2, [r11, q4]\n"
                     "add r11, r11, #4\n"
                     "bne 2b\n"
                     "b 7f\n"
                     /* Windows of one chunk stay in q0 and q1. */
                     "4:\n"
                     "vpstt\n"
                     "vldrbt.u8 q0, [r1]\n"
                     "vldrbt.u8 q1, [r3]\n"
                     "ldr r7, [sp, #152]\n" /* zero_point */
                     "5:\n" NN_FIRST_CHUNK NN_REQUANTIZE_PAIR "blt 6f\n"
                     "vstrb.16 q2, [r11, q4]\n"
                     "add r11, r11, #4\n"
                     "bne 5b\n"
                     "b 7f\n"
                     /* One to three channels are left. */
                     "6:\n"
                     "add r9, r9, #4\n"
                     "lsls r9, r9, #1\n"
                     "vctp.16 r9\n"
                     "vpst\n"
                     "vstrbt.16 q2, [r11, q4]\n"
                     "ldr r4, [sp, #140]\n" /* head */
                     "vctp.8 r4\n"
                     "7:\n"
                     "ldrd r0, r2, [sp, #132]\n" /* pairs, x_step */
                     "subs r0, r0, #1\n"
                     "beq 8f\n"
                     "str r0, [sp, #132]\n"
                     "ldrd r4, r6, [sp]\n"
                     "add r4, r4, r2\n"
                     "add r6, r6, r2\n"
                     "strd r4, r6, [sp]\n"
                     "ldr r0, [sp, #128]\n" /* out_c */
                     "ldr r2, [sp, #20]\n"
                     "add r2, r2, r0, lsl #1\n"
                     "str r2, [sp, #20]\n"
                     "b 1b\n"
                     "8:\n"
                     "add sp, sp, #28\n"
                     "vpop {d8-d15}\n"
                     "pop {r4-r11, pc}\n");
}

#endif
