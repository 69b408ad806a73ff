/*
 * Frames of the link between host and firmware (docs/link-protocol.md): a payload and its CRC-32,
 * COBS-encoded, with a zero byte before and after. No malloc, no stdio; one buffer, which the caller owns.
 */
#ifndef LINK_FRAME_H
#define LINK_FRAME_H

#include <stddef.h>
#include <stdint.h>

/* Largest payload in bytes. A board short of RAM may define less, but no less than 32. */
#ifndef LINK_PAYLOAD_MAX
#define LINK_PAYLOAD_MAX 1034
#endif

#define LINK_CRC_BYTES 4

/* Marks constant tables: the address space of flash on AVR, where data pointers do not reach it. */
#if defined(__AVR__) && defined(__FLASH) && !defined(__STRICT_ANSI__)
#define LINK_FLASH __flash
#else
#define LINK_FLASH
#endif

/* EMPTY: a delimiter more than stands between two frames. */
typedef enum {
    LINK_FRAME_PENDING,
    LINK_FRAME_COMPLETE,
    LINK_FRAME_DAMAGED,
    LINK_FRAME_EMPTY
} link_frame_state;

/* Zero-initialised it waits for a frame. While a frame is sent, `bytes` holds that one instead. */
typedef struct {
    uint8_t bytes[LINK_PAYLOAD_MAX + LINK_CRC_BYTES];
    /* Decoded bytes so far; LINK_PAYLOAD_MAX + LINK_CRC_BYTES + 1: too many, the frame is lost. */
    uint16_t length;
    /* Bytes left of the COBS block, and whether a zero follows it. */
    uint8_t block_left;
    uint8_t zero_follows;
    /* Behind the delimiter that opens a frame, not behind the one that closes it. */
    uint8_t open;
} link_frame;

/* CRC-32 of IEEE 802.3 (polynomial 0xEDB88320 reflected, initial value and final xor 0xFFFFFFFF). */
uint32_t link_crc32(const uint8_t *bytes, size_t count);

/*
 * Takes the next byte off the wire. LINK_FRAME_COMPLETE: bytes[0 .. *payload_length) is the payload of an
 * undamaged frame, valid until the next call. LINK_FRAME_DAMAGED: a frame ended that is too long, cut short
 * or fails its CRC.
 */
link_frame_state link_frame_receive(link_frame *frame, uint8_t byte, uint16_t *payload_length);

/*
 * Sends bytes[0 .. payload_length) as a frame, payload_length <= LINK_PAYLOAD_MAX; appends the CRC in place.
 * The frame must not be in the middle of receiving.
 */
void link_frame_send(link_frame *frame, uint16_t payload_length,
                     void (*write)(const uint8_t *from, size_t count));

#endif
