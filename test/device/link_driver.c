/*
 * The firmware's side of the link on this computer, for link.test.ts:
 *     link_driver decode     stream on stdin -> one line a frame, its payload in hexadecimal or "damaged"
 *     link_driver encode     payloads on stdin, each after its length in two bytes -> frames on stdout
 *     link_driver serve      a device with two inputs, two outputs and three layers
 *     link_driver fuzz N     N random and damaged frames into that device, replies checked
 */
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "link.h"
#include "link_mlperf.h"

#ifdef LINK_FUZZER
/* Small, so that a second has many streams. */
enum { INPUT_0 = 7, INPUT_1 = 20, OUTPUT_1 = 4, LAYERS = 3 };
#else
enum { INPUT_0 = 300, INPUT_1 = 5000, OUTPUT_1 = 4, LAYERS = 3 };
#endif

static link_buffer inputs[2], outputs[2];
static link_state state;
static link_board board = {
    .name = "host",
    .cycle_hz = 1000,
};
static uint32_t ticks;

static void fail(const char *reason) {
    fprintf(stderr, "%s\n", reason);
    exit(1);
}

/* Output 0 is input 1 mixed with input 0; output 1 counts the runs. */
static int32_t run(void) {
    for (uint32_t i = 0; i < INPUT_1; i++) {
        outputs[0].data[i] = (uint8_t)(inputs[1].data[i] ^ inputs[0].data[i % INPUT_0]);
    }
    outputs[1].data[0]++;
    for (uint32_t layer = 0; layer < LAYERS; layer++) {
        ticks += 100 * (layer + 1);
        link_layer_done(&state, layer, outputs[0].data, layer == 1 ? 0 : INPUT_1 - layer);
    }
    ticks += 7;
    return 0;
}

static float value(uint32_t index) {
    return (float)outputs[0].data[index] / 8.0f - 1.0f;
}

static uint32_t cycles(void) {
    return ticks;
}

/* The rate as the line of the tests sees it: it goes out on stderr, a number a line. */
static uint8_t can_baud(uint32_t rate) {
    return rate != 57600;
}

static void set_baud(uint32_t rate) {
    fflush(stdout);
    fprintf(stderr, "%u\n", (unsigned)rate);
}

static void stack_paint(void) {
}

static uint32_t stack_used(void) {
    return 123;
}

static link_buffer buffer(uint32_t bytes) {
    /* On the heap, so that the address sanitiser sees each byte outside. */
    const link_buffer result = {calloc(bytes, 1), bytes};
    if (result.data == NULL) {
        fail("out of memory");
    }
    return result;
}

static link_device make_device(size_t (*read)(uint8_t *to, size_t capacity),
                               void (*write)(const uint8_t *from, size_t count)) {
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
        .value = value,
        .output_element_bytes = 1,
    };
    board.read = read;
    board.write = write;
    board.cycles = cycles;
    board.can_baud = can_baud;
    board.set_baud = set_baud;
    board.stack_paint = stack_paint;
    board.stack_used = stack_used;
    state.board = &board;
    state.baud = 115200;
    state.device_count = 1;
    inputs[0] = buffer(INPUT_0);
    inputs[1] = buffer(INPUT_1);
    outputs[0] = buffer(INPUT_1);
    outputs[1] = buffer(OUTPUT_1);
    return device;
}

static uint8_t wire[2 * LINK_PAYLOAD_MAX];
static size_t wire_count;

static void to_wire(const uint8_t *from, size_t count) {
    memcpy(wire + wire_count, from, count);
    wire_count += count;
}

static size_t wire_at;

#ifdef LINK_FUZZER
/* There is one stream only. */
static int next_stream(void) {
    return 0;
}
#else
static uint32_t random_state = 2463534242u;

static uint32_t below(uint32_t limit) {
    random_state ^= random_state << 13;
    random_state ^= random_state >> 17;
    random_state ^= random_state << 5;
    return random_state % limit;
}

static unsigned long frames_left;

/* A random request, or one that is nearly right, damaged now and then; 0: enough. */
static int next_stream(void) {
    static const uint8_t types[] = {LINK_INFO,   LINK_WRITE, LINK_RUN, LINK_READ,
                                    LINK_RESUME, LINK_BAUD,  LINK_LOG, 9};
    static link_frame frame;
    if (frames_left == 0) {
        return 0;
    }
    frames_left--;
    const uint32_t kind = below(4);
    uint16_t length = (uint16_t)(kind == 3 ? below(LINK_PAYLOAD_MAX) + 1 : below(16) + 1);
    for (uint16_t i = 0; i < length; i++) {
        frame.bytes[i] = (uint8_t)below(256);
    }
    if (kind > 0) {
        frame.bytes[0] = types[below(sizeof types)];
    }
    if (kind > 1 && length > 7) {
        /* A likely index and an offset near the ends of the buffers, count included. */
        const uint32_t offset = below(2) ? below(INPUT_1 + 8) : 0u - below(8);
        const uint8_t is_read = frame.bytes[0] == LINK_READ;
        frame.bytes[2] = (uint8_t)below(3);
        frame.bytes[3] = (uint8_t)below(3);
        memcpy(frame.bytes + (is_read ? 4 : 3), &offset, 4);
        length = is_read ? 10 : frame.bytes[0] == LINK_INFO ? 5 : length;
        frame.bytes[9] = (uint8_t)below(6);
    }
    if (kind > 0 && (frame.bytes[0] == LINK_RUN || frame.bytes[0] == LINK_RESUME)) {
        const uint32_t pause_at = below(2) ? below(LAYERS + 1) : LINK_NO_LAYER;
        memcpy(frame.bytes + 2, &pause_at, 4);
        length = 6;
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
    return 1;
}

#endif

static size_t from_wire(uint8_t *to, size_t capacity) {
    if (wire_at == wire_count) {
        if (!next_stream()) {
            return 0;
        }
        wire_at = 0;
    }
    size_t count = wire_count - wire_at;
    count = count < capacity ? count : capacity;
    memcpy(to, wire + wire_at, count);
    wire_at += count;
    return count;
}

static void no_baud(uint32_t rate) {
    (void)rate;
}

#ifdef LINK_FUZZER
static void no_write(const uint8_t *from, size_t count) {
    (void)from;
    (void)count;
}

/*
 * libFuzzer's stream. An even first byte: the rest goes over the wire as it is; an odd one: as frames, each
 * after its length, so that requests get past the CRC.
 */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static link_device device;
    static uint8_t mlperf_input[INPUT_0];
    static link_frame frame;
    if (device.name == NULL) {
        device = make_device(from_wire, no_write);
        board.set_baud = no_baud;
    }
    memset(&state.device, 0, sizeof state - offsetof(link_state, device));
    state.devices = &device;
    wire_at = wire_count = 0;
    link_mlperf_start(&state, mlperf_input);
    if (size > 0 && data[0] % 2 == 0) {
        to_wire(data + 1, size - 1);
    }
    for (size_t at = 1; size > 0 && data[0] % 2 == 1 && at < size;) {
        size_t length = data[at++] % 16;
        length = length < size - at ? length : size - at;
        if (length > 0) {
            memcpy(frame.bytes, data + at, length);
            link_frame_send(&frame, (uint16_t)length, to_wire);
        }
        at += length;
    }
    link_serve(&state);
    return 0;
}
#else
static void to_stdout(const uint8_t *from, size_t count) {
    fwrite(from, 1, count, stdout);
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

static size_t from_stdin(uint8_t *to, size_t capacity) {
    fflush(stdout);
    const long count = (long)read(0, to, capacity);
    return count > 0 ? (size_t)count : 0;
}

static void serve(void) {
    const link_device device = make_device(from_stdin, to_stdout);
    static uint8_t mlperf_input[INPUT_0];
    state.devices = &device;
    link_log(&state, "started\n");
    link_mlperf_start(&state, mlperf_input);
    link_serve(&state);
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
    const link_device device = make_device(from_wire, check_reply);
    board.set_baud = no_baud;
    state.devices = &device;
    frames_left = frames;
    link_serve(&state);
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
#endif
