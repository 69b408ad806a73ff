/*
 * The firmware's side of the link on this computer, for link.test.ts:
 *     link_driver decode     stream on stdin -> one line a frame, its payload in hexadecimal or "damaged"
 *     link_driver encode     payloads on stdin, each after its length in two bytes -> frames on stdout
 *     link_driver serve      a device with two inputs, two outputs and three layers
 *     link_driver fuzz N     N random and damaged frames into that device, replies checked
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "link.h"

enum { INPUT_0 = 300, INPUT_1 = 5000, OUTPUT_1 = 4, LAYERS = 3 };

static link_buffer inputs[2], outputs[2];
static link_state state;

static void fail(const char *reason) {
    fprintf(stderr, "%s\n", reason);
    exit(1);
}

static void to_stdout(const uint8_t *from, size_t count) {
    fwrite(from, 1, count, stdout);
}

/* Output 0 is input 1 mixed with input 0; output 1 counts the runs. */
static link_run_result run(uint8_t stream_layers) {
    const link_run_result result = {0, 123};
    for (uint32_t i = 0; i < INPUT_1; i++) {
        outputs[0].data[i] = (uint8_t)(inputs[1].data[i] ^ inputs[0].data[i % INPUT_0]);
    }
    outputs[1].data[0]++;
    for (uint32_t layer = 0; stream_layers != 0 && layer < LAYERS; layer++) {
        link_send_layer(&state, layer, outputs[0].data, layer == 1 ? 0 : INPUT_1 - layer);
    }
    return result;
}

static link_buffer buffer(uint32_t bytes) {
    /* On the heap, so that the address sanitiser sees each byte outside. */
    const link_buffer result = {calloc(bytes, 1), bytes};
    if (result.data == NULL) {
        fail("out of memory");
    }
    return result;
}

static link_device make_device(void (*write)(const uint8_t *from, size_t count)) {
    const link_device device = {
        .name = "driver",
        .signature = UINT64_C(0x0123456789abcdef),
        .layer_count = LAYERS,
        .arena_bytes = 77,
        .numerics_version = 1,
        .input_count = 2,
        .output_count = 2,
        .inputs = inputs,
        .outputs = outputs,
        .run = run,
        .write = write,
    };
    inputs[0] = buffer(INPUT_0);
    inputs[1] = buffer(INPUT_1);
    outputs[0] = buffer(INPUT_1);
    outputs[1] = buffer(OUTPUT_1);
    return device;
}

static void decode(void) {
    static link_frame frame;
    for (int byte = getchar(); byte != EOF; byte = getchar()) {
        uint16_t length = 0;
        switch (link_frame_receive(&frame, (uint8_t)byte, &length)) {
        case LINK_FRAME_COMPLETE:
            for (uint16_t i = 0; i < length; i++) {
                printf("%02x", frame.bytes[i]);
            }
            printf("\n");
            break;
        case LINK_FRAME_DAMAGED:
            printf("damaged\n");
            break;
        default:
            break;
        }
    }
}

static void encode(void) {
    static link_frame frame;
    uint8_t head[2];
    while (fread(head, 1, 2, stdin) == 2) {
        const uint16_t length = (uint16_t)(head[0] | head[1] << 8);
        if (length > LINK_PAYLOAD_MAX || fread(frame.bytes, 1, length, stdin) != length) {
            fail("bad payload on stdin");
        }
        link_frame_send(&frame, length, to_stdout);
    }
}

static void serve(void) {
    const link_device device = make_device(to_stdout);
    uint8_t received[64];
    state.devices = &device;
    state.device_count = 1;
    for (;;) {
        fflush(stdout);
        const long count = (long)read(0, received, sizeof received);
        if (count <= 0) {
            return;
        }
        link_receive(&state, received, (size_t)count);
    }
}

static uint32_t random_state = 2463534242u;

static uint32_t below(uint32_t limit) {
    random_state ^= random_state << 13;
    random_state ^= random_state >> 17;
    random_state ^= random_state << 5;
    return random_state % limit;
}

static uint8_t wire[2 * LINK_PAYLOAD_MAX];
static size_t wire_count;

static void to_wire(const uint8_t *from, size_t count) {
    memcpy(wire + wire_count, from, count);
    wire_count += count;
}

static unsigned long replies;

/* What the device says must itself be undamaged frames that are replies. */
static void check_reply(const uint8_t *from, size_t count) {
    static link_frame reply;
    for (size_t i = 0; i < count; i++) {
        uint16_t length = 0;
        const link_frame_state result = link_frame_receive(&reply, from[i], &length);
        if (result == LINK_FRAME_DAMAGED ||
            (result == LINK_FRAME_COMPLETE && (length < 2 || reply.bytes[0] < LINK_REPLY))) {
            fail("the device sent a bad frame");
        }
        replies += result == LINK_FRAME_COMPLETE;
    }
}

static void fuzz(unsigned long frames) {
    static link_frame frame;
    const link_device device = make_device(check_reply);
    state.devices = &device;
    state.device_count = 1;
    for (unsigned long n = 0; n < frames; n++) {
        const uint32_t kind = below(4);
        uint16_t length = (uint16_t)(kind == 3 ? below(LINK_PAYLOAD_MAX) + 1 : below(16) + 1);
        for (uint16_t i = 0; i < length; i++) {
            frame.bytes[i] = (uint8_t)below(256);
        }
        if (kind > 0) {
            frame.bytes[0] = (uint8_t)below(6);
        }
        if (kind > 1 && length > 7) {
            /* A likely index and an offset near the ends of the buffers, count included. */
            const uint32_t offset = below(2) ? below(INPUT_1 + 8) : 0u - below(8);
            frame.bytes[2] = (uint8_t)below(3);
            memcpy(frame.bytes + 3, &offset, 4);
            length = frame.bytes[0] == LINK_READ ? 9 : length;
            frame.bytes[8] = (uint8_t)below(6);
        }
        wire_count = 0;
        link_frame_send(&frame, length, to_wire);
        for (uint32_t damage = below(3); damage > 0; damage--) {
            const uint32_t at = below((uint32_t)wire_count);
            switch (below(3)) {
            case 0:
                wire[at] = (uint8_t)below(256);
                break;
            case 1:
                wire_count = at + 1;
                break;
            default:
                memmove(wire + at, wire + at + 1, wire_count - at - 1);
                wire_count = wire_count > 1 ? wire_count - 1 : 1;
                break;
            }
        }
        link_receive(&state, wire, wire_count);
    }
    printf("%lu\n", replies);
}

int main(int argc, char **argv) {
    const char *mode = argc > 1 ? argv[1] : "";
    if (strcmp(mode, "decode") == 0) {
        decode();
    } else if (strcmp(mode, "encode") == 0) {
        encode();
    } else if (strcmp(mode, "serve") == 0) {
        serve();
    } else if (strcmp(mode, "fuzz") == 0 && argc == 3) {
        fuzz(strtoul(argv[2], NULL, 10));
    } else {
        fail("usage: link_driver decode | encode | serve | fuzz N");
    }
    for (int i = 0; i < 2; i++) {
        free(inputs[i].data);
        free(outputs[i].data);
    }
    return 0;
}
