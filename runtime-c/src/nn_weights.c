#include "nn_weights.h"

static uint32_t u32_at(const uint8_t *from) {
    return (uint32_t)from[0] | (uint32_t)from[1] << 8 | (uint32_t)from[2] << 16 | (uint32_t)from[3] << 24;
}

NN_KERNEL int nn_weights_header(const void *image, size_t available, uint32_t bytes, uint64_t signature) {
    const uint8_t *const header = (const uint8_t *)image;
    if ((uintptr_t)image % NN_WEIGHTS_ALIGN != 0u) {
        return NN_WEIGHTS_UNALIGNED;
    }
    if (available < NN_WEIGHTS_HEADER) {
        return NN_WEIGHTS_SIZE;
    }
    if (u32_at(header) != 0x31574E4Eu) {
        return NN_WEIGHTS_MISSING;
    }
    if (u32_at(header + 8) != (uint32_t)signature || u32_at(header + 12) != (uint32_t)(signature >> 32)) {
        return NN_WEIGHTS_SIGNATURE;
    }
    return u32_at(header + 4) == bytes && bytes <= available ? NN_WEIGHTS_OK : NN_WEIGHTS_SIZE;
}

NN_KERNEL int nn_weights_crc(const void *image) {
    /* Four bits at a time: 64 bytes of table, a quarter of the steps of the bitwise form. */
    static const uint32_t table[16] = {
        0x00000000u, 0x1DB71064u, 0x3B6E20C8u, 0x26D930ACu, 0x76DC4190u, 0x6B6B51F4u,
        0x4DB26158u, 0x5005713Cu, 0xEDB88320u, 0xF00F9344u, 0xD6D6A3E8u, 0xCB61B38Cu,
        0x9B64C2B0u, 0x86D3D2D4u, 0xA00AE278u, 0xBDBDF21Cu,
    };
    const uint8_t *const bytes = (const uint8_t *)image;
    const uint32_t end = u32_at(bytes + 4);
    uint32_t crc = 0xFFFFFFFFu;
    for (uint32_t i = NN_WEIGHTS_HEADER; i < end; i++) {
        crc ^= bytes[i];
        crc = (crc >> 4) ^ table[crc & 15u];
        crc = (crc >> 4) ^ table[crc & 15u];
    }
    return (crc ^ 0xFFFFFFFFu) == u32_at(bytes + 16) ? NN_WEIGHTS_OK : NN_WEIGHTS_DAMAGED;
}
