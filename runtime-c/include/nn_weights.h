/*
 * Images of weights: <name>_weights.bin, which lies outside the firmware. A header, then the tables; numbers
 * are little-endian. The header:
 *
 * - at 0: "NNW1"
 * - at 4: uint32, bytes of the image, header included
 * - at 8: uint64, signature of the firmware that it is for
 * - at 16: uint32, CRC-32 of IEEE 802.3 over all bytes behind the header
 * - at 20: zeros
 */
#ifndef NN_WEIGHTS_H
#define NN_WEIGHTS_H

#include "nn_common.h"

#define NN_WEIGHTS_HEADER 32u
/* Of the image, bytes. */
#define NN_WEIGHTS_ALIGN 16u

/* Results, those of the model's functions. */
#define NN_WEIGHTS_OK 0
#define NN_WEIGHTS_UNALIGNED (-2)
#define NN_WEIGHTS_MISSING (-3)
#define NN_WEIGHTS_SIZE (-4)
#define NN_WEIGHTS_SIGNATURE (-5)
#define NN_WEIGHTS_DAMAGED (-6)

/*
 * Checks the header only, which is quick: an image of exactly `bytes` bytes for the firmware with that
 * signature. `available` bytes may be read at `image`.
 */
int nn_weights_header(const void *image, size_t available, uint32_t bytes, uint64_t signature);

/* Checks the CRC of an image whose header was found right; reads all of it. */
int nn_weights_crc(const void *image);

#endif
