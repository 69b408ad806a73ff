#include "nn_fully_connected_s8_mve.h"

#include "nn_features_mve.h"

/*
 * The sums of four features: with the first chunk of the input, then with `full` more at x. packed moves
 * behind the weights.
 */
static inline int32x4_t four_sums(int8x16_t first, const int8_t *x, const NN_FLASH int32_t **packed,
                                  int32_t full) {
    int32_t a, b, c, d;
    int32x4_t sums;
    __asm__ volatile("vldrb.8 q1, [%[w]], #16\n"
                     "vmladav.s8 %[a], %q[first], q1\n"
                     "vldrb.8 q2, [%[w]], #16\n"
                     "vmladav.s8 %[b], %q[first], q2\n"
                     "vldrb.8 q1, [%[w]], #16\n"
                     "vmladav.s8 %[c], %q[first], q1\n"
                     "vldrb.8 q2, [%[w]], #16\n"
                     "vmladav.s8 %[d], %q[first], q2\n"
                     "wls lr, %[full], 2f\n"
                     "1:\n"
                     "vldrb.8 q0, [%[x]], #16\n"
                     "vldrb.8 q1, [%[w]], #16\n"
                     "vmladava.s8 %[a], q0, q1\n"
                     "vldrb.8 q2, [%[w]], #16\n"
                     "vmladava.s8 %[b], q0, q2\n"
                     "vldrb.8 q1, [%[w]], #16\n"
                     "vmladava.s8 %[c], q0, q1\n"
                     "vldrb.8 q2, [%[w]], #16\n"
                     "vmladava.s8 %[d], q0, q2\n"
                     "le lr, 1b\n"
                     "2:\n"
                     "vmov %q[sums][2], %q[sums][0], %[a], %[c]\n"
                     "vmov %q[sums][3], %q[sums][1], %[b], %[d]\n"
                     : [a] "=&Te"(a), [b] "=&Te"(b), [c] "=&Te"(c), [d] "=&Te"(d), [sums] "=&w"(sums),
                       [w] "+&r"(*packed), [x] "+&r"(x)
                     : [first] "w"(first), [full] "r"(full)
                     : "q0", "q1", "q2", "lr", "memory");
    return sums;
}

NN_KERNEL void nn_fully_connected_s8_mve(const nn_fully_connected_s8_mve_params *p, const int8_t *input,
                                         const NN_FLASH int32_t *packed, int8_t *output) {
    const int32_t full = (p->in_features - 1) / 16;
    const int32_t head = p->in_features - 16 * full;
    const nn_features_range range = {p->out_zero_point, vdupq_n_s32(p->out_min), vdupq_n_s32(p->out_max)};
    for (int32_t row = 0; row < p->rows; row++) {
        const NN_FLASH int32_t *table = packed;
        const int8x16_t first = vldrbq_z_s8(input, vctp8q((uint32_t)head));
        for (int32_t left = p->out_features; left > 0; left -= 4) {
            const int32x4_t sums = four_sums(first, input + head, &table, full);
            output = nn_store_features(sums, table, &range, left, output);
            table += 12;
        }
        input += p->in_features;
    }
}
