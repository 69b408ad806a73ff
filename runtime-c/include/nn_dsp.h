/*
 * Instructions of the DSP extension (Cortex-M4, M7, M33 ...) that C has no words for, on pairs of 16-bit
 * values in a word; and what they do in C, for machines without.
 */
#ifndef NN_DSP_H
#define NN_DSP_H

#include "nn_common.h"

#include <string.h>

#if defined(__ARM_FEATURE_DSP) && __ARM_FEATURE_DSP
#define NN_HAS_DSP 1
#else
#define NN_HAS_DSP 0
#endif

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

static inline int32_t nn_low_half(uint32_t pair) {
    return (int16_t)(pair & 0xffffu);
}

static inline int32_t nn_high_half(uint32_t pair) {
    return (int16_t)(pair >> 16);
}

/* Bytes 0 and 2 of a word as a pair. */
static inline uint32_t nn_even_bytes(uint32_t word) {
#if NN_HAS_DSP
    uint32_t pair;
    __asm__("sxtb16 %0, %1" : "=r"(pair) : "r"(word));
    return pair;
#else
    return nn_pair((int8_t)(word & 0xffu), (int8_t)(word >> 16 & 0xffu));
#endif
}

/* Bytes 1 and 3 of a word as a pair. */
static inline uint32_t nn_odd_bytes(uint32_t word) {
#if NN_HAS_DSP
    uint32_t pair;
    __asm__("sxtb16 %0, %1, ror #8" : "=r"(pair) : "r"(word));
    return pair;
#else
    return nn_even_bytes(word >> 8);
#endif
}

/* Sums and differences of the halves of two words, each in 16 bits. */
static inline uint32_t nn_add_pairs(uint32_t a, uint32_t b) {
#if NN_HAS_DSP
    uint32_t pair;
    __asm__("sadd16 %0, %1, %2" : "=r"(pair) : "r"(a), "r"(b));
    return pair;
#else
    return nn_pair(nn_low_half(a) + nn_low_half(b), nn_high_half(a) + nn_high_half(b));
#endif
}

static inline uint32_t nn_subtract_pairs(uint32_t a, uint32_t b) {
#if NN_HAS_DSP
    uint32_t pair;
    __asm__("ssub16 %0, %1, %2" : "=r"(pair) : "r"(a), "r"(b));
    return pair;
#else
    return nn_pair(nn_low_half(a) - nn_low_half(b), nn_high_half(a) - nn_high_half(b));
#endif
}

#if !NN_HAS_DSP
/* SMLAD without its accumulator. */
static inline uint32_t nn_multiply_pairs(uint32_t a, uint32_t b) {
    return (uint32_t)(nn_low_half(a) * nn_low_half(b)) + (uint32_t)(nn_high_half(a) * nn_high_half(b));
}

/* SMMLA, then SSAT to 8 bits. */
static inline int32_t nn_scale_s8(int32_t acc, int32_t multiplier, int32_t rounding, int32_t shift) {
    const int32_t high =
        (int32_t)(((int64_t)acc * multiplier + rounding * INT64_C(4294967296)) >> 32) >> shift;
    return high < -128 ? -128 : high > 127 ? 127 : high;
}
#endif

#endif
