/* Arithmetic of the DSP extension on two int16 or four int8 in a word; lanes are numbered from the low end.
 */
#ifndef NN_PACKED_DSP_H
#define NN_PACKED_DSP_H

#include <string.h>

#include "nn_common.h"

/* Four bytes at any address. */
static inline uint32_t nn_load_word(const int8_t *x) {
    uint32_t word;
    memcpy(&word, x, sizeof word);
    return word;
}

static inline void nn_store_word(int8_t *x, uint32_t word) {
    memcpy(x, &word, sizeof word);
}

static inline void nn_store_pair(int16_t *to, uint32_t pair) {
    memcpy(to, &pair, sizeof pair);
}

static inline uint32_t nn_pair(int32_t low, int32_t high) {
    return (uint32_t)(uint16_t)low | (uint32_t)high << 16;
}

/* Two int16 at any address. */
static inline uint32_t nn_load_pair(const int16_t *x) {
    uint32_t pair;
    memcpy(&pair, x, sizeof pair);
    return pair;
}

/* acc + the products of both halves. */
static inline int32_t nn_smlad(uint32_t x, uint32_t y, int32_t acc) {
    __asm__("smlad %0, %1, %2, %3" : "=r"(acc) : "r"(x), "r"(y), "r"(acc));
    return acc;
}

/* int8 lanes 0 and 2, or 1 and 3, as int16. */
static inline uint32_t nn_sxtb16(uint32_t x) {
    uint32_t widened;
    __asm__("sxtb16 %0, %1" : "=r"(widened) : "r"(x));
    return widened;
}

static inline uint32_t nn_sxtb16_odd(uint32_t x) {
    uint32_t widened;
    __asm__("sxtb16 %0, %1, ror #8" : "=r"(widened) : "r"(x));
    return widened;
}

/* The same, added to the int16 of acc. */
static inline uint32_t nn_sxtab16(uint32_t acc, uint32_t x) {
    __asm__("sxtab16 %0, %1, %2" : "=r"(acc) : "r"(acc), "r"(x));
    return acc;
}

static inline uint32_t nn_sxtab16_odd(uint32_t acc, uint32_t x) {
    __asm__("sxtab16 %0, %1, %2, ror #8" : "=r"(acc) : "r"(acc), "r"(x));
    return acc;
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

/* The low, or the high, halves of two words. */
static inline uint32_t nn_pack_low(uint32_t low, uint32_t high) {
    uint32_t packed;
    __asm__("pkhbt %0, %1, %2, lsl #16" : "=r"(packed) : "r"(low), "r"(high));
    return packed;
}

static inline uint32_t nn_pack_high(uint32_t low, uint32_t high) {
    uint32_t packed;
    __asm__("pkhtb %0, %1, %2, asr #16" : "=r"(packed) : "r"(high), "r"(low));
    return packed;
}

/* The larger of every two int8. */
static inline uint32_t nn_max_s8x4(uint32_t x, uint32_t y) {
    uint32_t larger;
    __asm__("ssub8 %0, %1, %2\n\tsel %0, %1, %2" : "=&r"(larger) : "r"(x), "r"(y) : "cc");
    return larger;
}

static inline uint32_t nn_min_s8x4(uint32_t x, uint32_t y) {
    uint32_t smaller;
    __asm__("ssub8 %0, %1, %2\n\tsel %0, %2, %1" : "=&r"(smaller) : "r"(x), "r"(y) : "cc");
    return smaller;
}

/* int8 lanes 0 and 2 from the low bytes of the half words of `even`, lanes 1 and 3 from those of `odd`. */
static inline uint32_t nn_interleave_s8(uint32_t even, uint32_t odd) {
    return (even & 0x00ff00ffu) | (odd & 0x00ff00ffu) << 8;
}

static inline uint32_t nn_splat_s8(int32_t x) {
    return (uint32_t)(x & 255) * 0x01010101u;
}

static inline int32_t nn_ssat8(int32_t x) {
    __asm__("ssat %0, #8, %1" : "=r"(x) : "r"(x));
    return x;
}

/* acc + x * (low, or high, half of y) / 2^16, of the product rounded down. */
static inline int32_t nn_smlawb(int32_t x, uint32_t y, int32_t acc) {
    __asm__("smlawb %0, %1, %2, %3" : "=r"(acc) : "r"(x), "r"(y), "r"(acc));
    return acc;
}

static inline int32_t nn_smlawt(int32_t x, uint32_t y, int32_t acc) {
    __asm__("smlawt %0, %1, %2, %3" : "=r"(acc) : "r"(x), "r"(y), "r"(acc));
    return acc;
}

/* Both int16 clamped to int8. */
static inline uint32_t nn_ssat16_8(uint32_t x) {
    __asm__("ssat16 %0, #8, %1" : "=r"(x) : "r"(x));
    return x;
}

/* (acc * multiplier + rounding * 2^32) / 2^32, rounded down. */
static inline int32_t nn_smmla(int32_t acc, int32_t multiplier, int32_t rounding) {
    int32_t sum;
    __asm__("smmla %0, %1, %2, %3" : "=r"(sum) : "r"(acc), "r"(multiplier), "r"(rounding));
    return sum;
}

/*
 * The addend of SMMLA in the requantisation of three instructions, SMMLA, SSAT #8 with ASR #shift, STRB: half
 * of the last place and the zero point. It equals nn_requantize_s8 with a shift of `shift` + 32, as the low
 * word of the product cannot matter.
 */
static inline int32_t nn_rounding(int32_t zero_point, int32_t shift) {
    return ((int32_t)1 << (shift - 1)) + zero_point * ((int32_t)1 << shift);
}

#endif
