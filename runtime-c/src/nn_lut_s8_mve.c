#include "nn_lut_s8_mve.h"

#include <arm_mve.h>

/* A gather of 16 bytes looks them up; with the sign bit inverted, an int8 is its index. */
NN_KERNEL void nn_lut_s8_mve(const nn_lut_s8_mve_params *p, const int8_t *input, const NN_FLASH int8_t *table,
                             int8_t *output) {
    const uint8x16_t sign = vdupq_n_u8(0x80);
    __asm__ volatile("dlstp.8 lr, %[count]\n"
                     "1:\n"
                     "vldrb.8 q0, [%[input]], #16\n"
                     "veor q0, q0, %q[sign]\n"
                     "vldrb.u8 q1, [%[table], q0]\n"
                     "vstrb.8 q1, [%[output]], #16\n"
                     "letp lr, 1b\n"
                     : [input] "+&r"(input), [output] "+&r"(output)
                     : [count] "r"(p->count), [table] "r"(table), [sign] "w"(sign)
                     : "q0", "q1", "lr", "memory");
}
