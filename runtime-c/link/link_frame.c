#include "link_frame.h"

#define FRAME_MAX (LINK_PAYLOAD_MAX + LINK_CRC_BYTES)
#define COBS_BLOCK_MAX 254

/* Four bits at a time: 64 bytes of table, a quarter of the steps of the bitwise form. */
uint32_t link_crc32(const uint8_t *bytes, size_t count) {
    static const LINK_FLASH uint32_t table[16] = {
        0x00000000u, 0x1DB71064u, 0x3B6E20C8u, 0x26D930ACu, 0x76DC4190u, 0x6B6B51F4u,
        0x4DB26158u, 0x5005713Cu, 0xEDB88320u, 0xF00F9344u, 0xD6D6A3E8u, 0xCB61B38Cu,
        0x9B64C2B0u, 0x86D3D2D4u, 0xA00AE278u, 0xBDBDF21Cu,
    };
    uint32_t crc = 0xFFFFFFFFu;
    for (size_t i = 0; i < count; i++) {
        crc ^= bytes[i];
        crc = (crc >> 4) ^ table[crc & 15u];
        crc = (crc >> 4) ^ table[crc & 15u];
    }
    return crc ^ 0xFFFFFFFFu;
}

static uint32_t get_u32(const uint8_t *from) {
    return (uint32_t)from[0] | (uint32_t)from[1] << 8 | (uint32_t)from[2] << 16 | (uint32_t)from[3] << 24;
}

static void append(link_frame *frame, uint8_t byte) {
    if (frame->length < FRAME_MAX) {
        frame->bytes[frame->length++] = byte;
    } else {
        frame->length = FRAME_MAX + 1;
    }
}

static link_frame_state finish(link_frame *frame, uint16_t *payload_length) {
    const uint16_t length = frame->length;
    const int cut_short = frame->block_left > 0;
    frame->length = 0;
    frame->block_left = 0;
    frame->zero_follows = 0;
    if (length == 0 && !cut_short) {
        const uint8_t was_open = frame->open;
        frame->open = 1;
        return was_open ? LINK_FRAME_EMPTY : LINK_FRAME_PENDING;
    }
    frame->open = 0;
    if (cut_short || length <= LINK_CRC_BYTES || length > FRAME_MAX) {
        return LINK_FRAME_DAMAGED;
    }
    *payload_length = (uint16_t)(length - LINK_CRC_BYTES);
    return link_crc32(frame->bytes, *payload_length) == get_u32(frame->bytes + *payload_length)
               ? LINK_FRAME_COMPLETE
               : LINK_FRAME_DAMAGED;
}

link_frame_state link_frame_receive(link_frame *frame, uint8_t byte, uint16_t *payload_length) {
    if (byte == 0) {
        return finish(frame, payload_length);
    }
    if (frame->block_left > 0) {
        frame->block_left--;
        append(frame, byte);
        return LINK_FRAME_PENDING;
    }
    if (frame->zero_follows) {
        append(frame, 0);
    }
    frame->block_left = (uint8_t)(byte - 1);
    frame->zero_follows = byte != 0xFF;
    return LINK_FRAME_PENDING;
}

void link_frame_send(link_frame *frame, uint16_t payload_length,
                     void (*write)(const uint8_t *from, size_t count)) {
    static const uint8_t delimiter = 0;
    const uint32_t crc = link_crc32(frame->bytes, payload_length);
    for (uint8_t i = 0; i < LINK_CRC_BYTES; i++) {
        frame->bytes[payload_length + i] = (uint8_t)(crc >> (8 * i));
    }
    const uint16_t length = (uint16_t)(payload_length + LINK_CRC_BYTES);
    write(&delimiter, 1);
    for (uint16_t at = 0;;) {
        uint16_t end = at;
        while (end < length && end - at < COBS_BLOCK_MAX && frame->bytes[end] != 0) {
            end++;
        }
        const uint8_t code = (uint8_t)(end - at + 1);
        write(&code, 1);
        write(frame->bytes + at, (size_t)(end - at));
        if (end == length) {
            break;
        }
        at = code == 0xFF ? end : (uint16_t)(end + 1); /* A full block stands for no zero. */
    }
    write(&delimiter, 1);
    frame->length = 0;
}
