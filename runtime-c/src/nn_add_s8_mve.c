#include "nn_add_s8_mve.h"

#include <arm_mve.h>

#include "nn_strided.h"

/* Rows that both operands run along. */
static void add_rows(const nn_add_s8_mve_params *p, const int8_t *x, const int8_t *y, int8_t *output) {
    __asm__ volatile(
        "dlstp.32 lr, %[count]\n"
        "1:\n"
        "vldrb.s32 q0, [%[x]], #4\n"
        "vldrb.s32 q1, [%[y]], #4\n"
        "vmlas.s32 q0, %q[a], %[addend]\n"
        "vmla.s32 q0, q1, %[b]\n"
        "vrshl.s32 q0, %[shift]\n"
        "vadd.i32 q0, q0, %[zero]\n"
        "vmax.s32 q0, q0, %q[min]\n"
        "vmin.s32 q0, q0, %q[max]\n"
        "vstrb.32 q0, [%[out]], #4\n"
        "letp lr, 1b\n"
        : [x] "+&l"(x), [y] "+&l"(y), [out] "+&l"(output)
        : [count] "r"(p->shape[5]), [a] "w"(vdupq_n_s32(p->a_multiplier)), [b] "r"(p->b_multiplier),
          [addend] "r"(p->addend), [shift] "r"(-p->shift), [zero] "r"(p->out_zero_point),
          [min] "w"(vdupq_n_s32(p->out_min)), [max] "w"(vdupq_n_s32(p->out_max))
        : "q0", "q1", "lr", "memory");
}

/* Rows along which an operand may stay where it is. */
static void add_broadcast_rows(const nn_add_s8_mve_params *p, const int8_t *x, const int8_t *y,
                               int8_t *output) {
    const int32x4_t min = vdupq_n_s32(p->out_min), max = vdupq_n_s32(p->out_max);
    const uint32x4_t x_lanes = vmulq_n_u32(vidupq_n_u32(0, 1), (uint32_t)p->a_stride[5]);
    const uint32x4_t y_lanes = vmulq_n_u32(vidupq_n_u32(0, 1), (uint32_t)p->b_stride[5]);
    for (int32_t left = p->shape[5]; left > 0; left -= 4) {
        const mve_pred16_t lanes = vctp32q((uint32_t)left);
        const int32x4_t a = vldrbq_gather_offset_z_s32(x, x_lanes, lanes);
        const int32x4_t b = vldrbq_gather_offset_z_s32(y, y_lanes, lanes);
        int32x4_t q = vaddq_n_s32(vmulq_n_s32(a, p->a_multiplier), p->addend);
        q = vrshlq_n_s32(vmlaq_n_s32(q, b, p->b_multiplier), -p->shift);
        q = vminq_s32(vmaxq_s32(vaddq_n_s32(q, p->out_zero_point), min), max);
        vstrbq_p_s32(output, q, lanes);
        x += 4 * p->a_stride[5];
        y += 4 * p->b_stride[5];
        output += 4;
    }
}

NN_KERNEL void nn_add_s8_mve(const nn_add_s8_mve_params *p, const int8_t *a, const int8_t *b,
                             int8_t *output) {
    const int both = p->a_stride[5] == 1 && p->b_stride[5] == 1;
    int32_t index[5] = {0, 0, 0, 0, 0};
    do {
        const int8_t *x = a + nn_row_offset(index, p->a_stride);
        const int8_t *y = b + nn_row_offset(index, p->b_stride);
        if (both) {
            add_rows(p, x, y, output);
        } else {
            add_broadcast_rows(p, x, y, output);
        }
        output += p->shape[5];
    } while (nn_next_row(p->shape, index));
}
