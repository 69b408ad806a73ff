/* Instructions of the DSP extension (Cortex-M4, M7, M33 ...) that C has no words for, and pairs of values. */
#ifndef NN_DSP_H
#define NN_DSP_H

#include "nn_common.h"

#include <string.h>

/* Four bytes at any address. */
static inline uint32_t nn_load_four(const int8_t *from) {
    uint32_t word;
    memcpy(&word, from, sizeof word);
    return word;
}

static inline void nn_store_pair(int16_t *to, uint32_t pair) {
    memcpy(to, &pair, sizeof pair);
}

static inline uint32_t nn_pair(int32_t low, int32_t high) {
    return (uint32_t)(uint16_t)low | (uint32_t)high << 16;
}

/* Bytes 0 and 2 of a word as a pair. */
static inline uint32_t nn_even_bytes(uint32_t word) {
    uint32_t pair;
    __asm__("sxtb16 %0, %1" : "=r"(pair) : "r"(word));
    return pair;
}

/* Bytes 1 and 3 of a word as a pair. */
static inline uint32_t nn_odd_bytes(uint32_t word) {
    uint32_t pair;
    __asm__("sxtb16 %0, %1, ror #8" : "=r"(pair) : "r"(word));
    return pair;
}

/* Sums and differences of the halves of two words, each in 16 bits. */
static inline uint32_t nn_add_pairs(uint32_t a, uint32_t b) {
    uint32_t pair;
    __asm__("sadd16 %0, %1, %2" : "=r"(pair) : "r"(a), "r"(b));
    return pair;
}

static inline uint32_t nn_subtract_pairs(uint32_t a, uint32_t b) {
    uint32_t pair;
    __asm__("ssub16 %0, %1, %2" : "=r"(pair) : "r"(a), "r"(b));
    return pair;
}

#endif
