#include "link.h"

#include <string.h>

#define HEADER_BYTES 2
#define BODY_MAX (LINK_PAYLOAD_MAX - HEADER_BYTES)

/* Frames and stray delimiters without sense before the line goes back to the rate that it began with. */
#define NOISE_MAX 8

#define BAUD_MIN 1200
#define BAUD_MAX 4000000

static uint8_t *body_of(link_state *link) {
    return link->frame.bytes + HEADER_BYTES;
}

static uint16_t get_u16(const uint8_t *from) {
    return (uint16_t)(from[0] | (uint16_t)from[1] << 8);
}

static uint32_t get_u32(const uint8_t *from) {
    return (uint32_t)get_u16(from) | (uint32_t)get_u16(from + 2) << 16;
}

static void put_u16(uint8_t *to, uint16_t value) {
    to[0] = (uint8_t)value;
    to[1] = (uint8_t)(value >> 8);
}

static void put_u32(uint8_t *to, uint32_t value) {
    put_u16(to, (uint16_t)value);
    put_u16(to + 2, (uint16_t)(value >> 16));
}

static void reply(link_state *link, uint8_t request, uint16_t body_length) {
    link->frame.bytes[0] = request | LINK_REPLY;
    link->frame.bytes[1] = link->sequence;
    link_frame_send(&link->frame, (uint16_t)(HEADER_BYTES + body_length), link->board->write);
}

static void reply_error(link_state *link, uint8_t code) {
    body_of(link)[0] = code;
    reply(link, LINK_ERROR, 1);
}

/* A part of a record that is written from its start without ever being there as a whole. */
typedef struct {
    uint8_t *to;
    uint16_t room;
    uint16_t skip; /* bytes before the part */
    uint16_t total;
} record_part;

static void record_byte(record_part *part, uint8_t byte) {
    if (part->total >= part->skip && part->room > 0) {
        *part->to++ = byte;
        part->room--;
    }
    part->total++;
}

static void record_u32(record_part *part, uint32_t value) {
    for (uint8_t shift = 0; shift < 32; shift = (uint8_t)(shift + 8)) {
        record_byte(part, (uint8_t)(value >> shift));
    }
}

static void record_sizes(record_part *part, const link_buffer *buffers, uint8_t count) {
    for (uint8_t i = 0; i < count; i++) {
        record_u32(part, buffers[i].bytes);
    }
}

static void record_text(record_part *part, const char *text) {
    while (*text != '\0') {
        record_byte(part, (uint8_t)*text++);
    }
}

/* In the order of INFO_RECORD in src/device/link/definition.ts. */
static void info_record(const link_state *link, record_part *part) {
    const link_device *device = link->device;
    record_byte(part, device->numerics_version);
    record_byte(part, link->device_count);
    record_byte(part, (uint8_t)(LINK_PAYLOAD_MAX & 0xFF));
    record_byte(part, (uint8_t)(LINK_PAYLOAD_MAX >> 8));
    record_u32(part, (uint32_t)device->signature);
    record_u32(part, (uint32_t)(device->signature >> 32));
    record_u32(part, device->layer_count);
    record_u32(part, device->arena_bytes);
    record_u32(part, link->board->cycle_hz);
    record_byte(part, device->input_count);
    record_byte(part, device->output_count);
    record_sizes(part, device->inputs, device->input_count);
    record_sizes(part, device->outputs, device->output_count);
    record_text(part, device->name);
    record_byte(part, 0);
    record_text(part, link->board->name);
}

static void info(link_state *link, uint16_t body_length) {
    uint8_t *body = body_of(link);
    if (body_length != LINK_INFO_REQUEST_BYTES) {
        reply_error(link, LINK_ERROR_LENGTH);
        return;
    }
    const uint8_t index = body[LINK_INFO_REQUEST_MODEL];
    const uint16_t offset = get_u16(body + LINK_INFO_REQUEST_OFFSET);
    if (index >= link->device_count) {
        reply_error(link, LINK_ERROR_INDEX);
        return;
    }
    link->device = &link->devices[index];
    if (offset == 0 && link->device->reset != NULL) {
        link->device->reset();
    }
    record_part part = {body + LINK_INFO_REPLY_BYTES, BODY_MAX - LINK_INFO_REPLY_BYTES, offset, 0};
    info_record(link, &part);
    body[LINK_INFO_REPLY_PROTOCOL] = LINK_PROTOCOL_VERSION;
    put_u16(body + LINK_INFO_REPLY_TOTAL, part.total);
    reply(link, LINK_INFO, (uint16_t)(BODY_MAX - part.room));
}

static uint8_t in_range(const link_buffer *buffer, uint32_t offset, uint32_t count) {
    return offset <= buffer->bytes && count <= buffer->bytes - offset;
}

static void write_input(link_state *link, uint16_t body_length) {
    const uint8_t *body = body_of(link);
    if (body_length < LINK_WRITE_REQUEST_BYTES) {
        reply_error(link, LINK_ERROR_LENGTH);
        return;
    }
    if (body[LINK_WRITE_REQUEST_INPUT] >= link->device->input_count) {
        reply_error(link, LINK_ERROR_INDEX);
        return;
    }
    const link_buffer *input = &link->device->inputs[body[LINK_WRITE_REQUEST_INPUT]];
    const uint32_t offset = get_u32(body + LINK_WRITE_REQUEST_OFFSET);
    const uint16_t count = (uint16_t)(body_length - LINK_WRITE_REQUEST_BYTES);
    if (!in_range(input, offset, count)) {
        reply_error(link, LINK_ERROR_RANGE);
        return;
    }
    memcpy(input->data + offset, body + LINK_WRITE_REQUEST_BYTES, count);
    reply(link, LINK_WRITE, 0);
}

static void read_bytes(link_state *link, uint16_t body_length) {
    uint8_t *body = body_of(link);
    if (body_length != LINK_READ_REQUEST_BYTES) {
        reply_error(link, LINK_ERROR_LENGTH);
        return;
    }
    const uint8_t index = body[LINK_READ_REQUEST_INDEX];
    const link_buffer *from = &link->layer_output;
    if (body[LINK_READ_REQUEST_OF] == LINK_READ_OUTPUT) {
        if (index >= link->device->output_count) {
            reply_error(link, LINK_ERROR_INDEX);
            return;
        }
        from = &link->device->outputs[index];
    } else if (body[LINK_READ_REQUEST_OF] != LINK_READ_LAYER) {
        reply_error(link, LINK_ERROR_INDEX);
        return;
    } else if (!link->running) {
        reply_error(link, LINK_ERROR_STATE);
        return;
    }
    const uint32_t offset = get_u32(body + LINK_READ_REQUEST_OFFSET);
    const uint16_t count = get_u16(body + LINK_READ_REQUEST_COUNT);
    if (count > BODY_MAX || !in_range(from, offset, count)) {
        reply_error(link, LINK_ERROR_RANGE);
        return;
    }
    memcpy(body, from->data + offset, count);
    reply(link, LINK_READ, count);
}

static void send_run_reply(link_state *link) {
    memcpy(body_of(link), link->run_reply, LINK_RUN_REPLY_BYTES);
    reply(link, link->reply_to, LINK_RUN_REPLY_BYTES);
}

/* Keeps the reply to `request`, so that a repetition of it gets the same. */
static void run_reply(link_state *link, uint8_t state, int32_t status, uint32_t stack_bytes,
                      uint32_t cycles) {
    uint8_t *to = link->run_reply;
    to[LINK_RUN_REPLY_STATE] = state;
    put_u32(to + LINK_RUN_REPLY_STATUS, (uint32_t)status);
    put_u32(to + LINK_RUN_REPLY_LAYER, link->layer);
    put_u32(to + LINK_RUN_REPLY_LAYER_BYTES, link->layer_output.bytes);
    put_u32(to + LINK_RUN_REPLY_STACK_BYTES, stack_bytes);
    put_u32(to + LINK_RUN_REPLY_CYCLES, cycles);
    link->has_reply = 1;
    link->reply_sequence = link->sequence;
    send_run_reply(link);
}

int32_t link_run_model(link_state *link, uint32_t pause_at, uint32_t *cycles) {
    link->pause_at = pause_at;
    link->cycles_from = link->board->cycles();
    const int32_t status = link->device->run();
    *cycles = link->board->cycles() - link->cycles_from;
    return status;
}

static void run(link_state *link, uint16_t body_length) {
    if (body_length != LINK_RUN_REQUEST_BYTES) {
        reply_error(link, LINK_ERROR_LENGTH);
        return;
    }
    const uint32_t pause_at = get_u32(body_of(link) + LINK_RUN_REQUEST_PAUSE_AT);
    uint32_t cycles = 0;
    link->reply_to = LINK_RUN;
    link->layer_output.bytes = 0;
    link->board->stack_paint();
    const int32_t status = link_run_model(link, pause_at, &cycles);
    const uint32_t stack_bytes = link->board->stack_used();
    link->layer = LINK_NO_LAYER;
    link->layer_output.bytes = 0;
    /* A request that ended the pauses is answered instead: the host has given the run up. */
    if (link->waiting == 0) {
        run_reply(link, LINK_RUN_DONE, status, stack_bytes, cycles);
    }
}

static void change_baud(link_state *link, uint16_t body_length) {
    uint8_t *body = body_of(link);
    if (body_length != LINK_BAUD_REQUEST_BYTES) {
        reply_error(link, LINK_ERROR_LENGTH);
        return;
    }
    const uint32_t rate = get_u32(body + LINK_BAUD_REQUEST_RATE);
    const uint8_t can = rate >= BAUD_MIN && rate <= BAUD_MAX && link->board->can_baud(rate);
    if (!can) {
        put_u32(body + LINK_BAUD_REPLY_RATE, 0);
    }
    reply(link, LINK_BAUD, LINK_BAUD_REPLY_BYTES);
    if (can) {
        link->board->set_baud(rate);
        link->rate_changed = rate != link->baud;
        link->noise = 0;
    }
}

static void read_log(link_state *link, uint16_t body_length) {
    uint8_t *body = body_of(link);
    if (body_length != LINK_LOG_REQUEST_BYTES) {
        reply_error(link, LINK_ERROR_LENGTH);
        return;
    }
    uint32_t offset = get_u32(body + LINK_LOG_REQUEST_OFFSET);
    uint16_t count = 0;
#if LINK_LOG_BYTES > 0
    const uint32_t oldest = link->log_count > LINK_LOG_BYTES ? link->log_count - LINK_LOG_BYTES : 0;
    if (offset < oldest) {
        offset = oldest;
    }
    if (offset > link->log_count) {
        offset = link->log_count;
    }
    while (offset + count < link->log_count && count < BODY_MAX - LINK_LOG_REPLY_BYTES) {
        body[LINK_LOG_REPLY_BYTES + count] = link->log[(offset + count) % LINK_LOG_BYTES];
        count++;
    }
#endif
    put_u32(body + LINK_LOG_REPLY_OFFSET, offset);
    reply(link, LINK_LOG, (uint16_t)(LINK_LOG_REPLY_BYTES + count));
}

void link_log(link_state *link, const char *text) {
#if LINK_LOG_BYTES > 0
    for (; *text != '\0'; text++) {
        link->log[link->log_count++ % LINK_LOG_BYTES] = (uint8_t)*text;
    }
#else
    (void)link;
    (void)text;
#endif
}

/* Whether the request is one that has its reply already, or belongs to a run that pauses. */
static uint8_t answered_here(link_state *link, uint8_t type, uint16_t body_length) {
    if ((type == LINK_RUN || type == LINK_RESUME) && link->has_reply && link->reply_to == type &&
        link->reply_sequence == link->sequence) {
        send_run_reply(link);
        return 1;
    }
    link->has_reply = 0; /* The host has the reply, or it would have repeated the request. */
    switch (type) {
    case LINK_READ:
        read_bytes(link, body_length);
        return 1;
    case LINK_LOG:
        read_log(link, body_length);
        return 1;
    case LINK_RESUME:
        if (body_length != LINK_RESUME_REQUEST_BYTES) {
            reply_error(link, LINK_ERROR_LENGTH);
        } else if (!link->running) {
            reply_error(link, LINK_ERROR_STATE);
        } else {
            link->pause_at = get_u32(body_of(link) + LINK_RESUME_REQUEST_PAUSE_AT);
            link->reply_to = LINK_RESUME;
            link->resumed = 1;
        }
        return 1;
    default:
        return 0;
    }
}

static void answer(link_state *link, uint16_t payload_length) {
    const uint16_t body_length = (uint16_t)(payload_length - HEADER_BYTES);
    const uint8_t type = link->frame.bytes[0];
    link->sequence = link->frame.bytes[1];
    if (answered_here(link, type, body_length)) {
        return;
    }
    if (link->running) {
        /* The host began something new: the run goes on to its end by itself, then this is answered. */
        link->pause_at = LINK_NO_LAYER;
        link->resumed = 1;
        link->waiting = payload_length;
        return;
    }
    switch (type) {
    case LINK_INFO:
        info(link, body_length);
        break;
    case LINK_WRITE:
        write_input(link, body_length);
        break;
    case LINK_RUN:
        run(link, body_length);
        break;
    case LINK_BAUD:
        change_baud(link, body_length);
        break;
    default:
        reply_error(link, LINK_ERROR_UNKNOWN);
        break;
    }
}

static void count_noise(link_state *link) {
    if (link->rate_changed && ++link->noise >= NOISE_MAX) {
        link->rate_changed = 0;
        link->noise = 0;
        link->board->set_baud(link->baud);
    }
}

void link_receive(link_state *link, uint8_t byte) {
    uint16_t payload_length = 0;
    if (link->device == NULL) {
        link->device = link->devices;
    }
    if (link->text != NULL && !link->frame.open && byte != 0) {
        link->text(link, byte);
        return;
    }
    switch (link_frame_receive(&link->frame, byte, &payload_length)) {
    case LINK_FRAME_COMPLETE:
        if (payload_length >= HEADER_BYTES) {
            link->noise = 0;
            answer(link, payload_length);
            while (link->waiting > 0 && !link->running) {
                payload_length = link->waiting;
                link->waiting = 0;
                answer(link, payload_length);
            }
            break;
        }
        /* fall through */
    case LINK_FRAME_DAMAGED:
        link->sequence = 0;
        count_noise(link);
        reply_error(link, LINK_ERROR_DAMAGED);
        break;
    case LINK_FRAME_EMPTY:
        count_noise(link);
        break;
    default:
        break;
    }
}

/* Reads on until `until` is set, or for ever; 0: the host closed the link. */
static uint8_t serve_until(link_state *link, const uint8_t *until) {
    while (until == NULL || *until == 0) {
        if (link->received_at == link->received_count) {
            link->received_at = 0;
            link->received_count = (uint8_t)link->board->read(link->received, LINK_RECEIVE_BYTES);
            if (link->received_count == 0) {
                return 0;
            }
        }
        link_receive(link, link->received[link->received_at++]);
    }
    return 1;
}

void link_serve(link_state *link) {
    serve_until(link, NULL);
}

void link_layer_done(link_state *link, uint32_t layer, const uint8_t *data, uint32_t bytes) {
    if (link->pause_at == LINK_NO_LAYER || layer < link->pause_at) {
        return;
    }
    const uint32_t cycles = link->board->cycles() - link->cycles_from;
    link->layer = layer;
    /* Read only: no request writes to a layer. */
    link->layer_output.data = (uint8_t *)(uintptr_t)data;
    link->layer_output.bytes = bytes;
    link->running = 1;
    link->resumed = 0;
    run_reply(link, LINK_RUN_PAUSED, 0, 0, cycles);
    if (!serve_until(link, &link->resumed)) {
        link->pause_at = LINK_NO_LAYER;
    }
    link->running = 0;
    link->cycles_from = link->board->cycles();
}
