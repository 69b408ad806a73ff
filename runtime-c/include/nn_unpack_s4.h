/* Signed weights of four bits, two to a byte: the low half comes first. */
#ifndef NN_UNPACK_S4_H
#define NN_UNPACK_S4_H

#include "nn_common.h"

static inline int32_t nn_low_s4(uint8_t two) {
    return ((two & 15) ^ 8) - 8;
}

static inline int32_t nn_high_s4(uint8_t two) {
    return (int8_t)two >> 4;
}

/* `count` weights that begin at a byte. */
static inline void nn_unpack_s4(int8_t *to, const NN_FLASH uint8_t *packed, int32_t count) {
    for (; count >= 2; count -= 2) {
        const uint8_t two = *packed++;
        to[0] = (int8_t)nn_low_s4(two);
        to[1] = (int8_t)nn_high_s4(two);
        to += 2;
    }
    if (count > 0) {
        *to = (int8_t)nn_low_s4(*packed);
    }
}

#endif
