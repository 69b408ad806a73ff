#include "link.h"

#include <string.h>

#define HEADER_BYTES 2
#define BODY_MAX (LINK_PAYLOAD_MAX - HEADER_BYTES)
#define WRITE_HEADER_BYTES 5
#define LAYER_HEADER_BYTES 8
#define LAYER_DATA_MAX (BODY_MAX - LAYER_HEADER_BYTES)

static uint8_t *body_of(link_state *link) {
    return link->frame.bytes + HEADER_BYTES;
}

static uint32_t get_u32(const uint8_t *from) {
    return (uint32_t)from[0] | (uint32_t)from[1] << 8 | (uint32_t)from[2] << 16 | (uint32_t)from[3] << 24;
}

static uint8_t *put_u16(uint8_t *to, uint16_t value) {
    to[0] = (uint8_t)value;
    to[1] = (uint8_t)(value >> 8);
    return to + 2;
}

static uint8_t *put_u32(uint8_t *to, uint32_t value) {
    return put_u16(put_u16(to, (uint16_t)value), (uint16_t)(value >> 16));
}

static void send(link_state *link, uint8_t type, uint8_t sequence, uint16_t body_length) {
    link->frame.bytes[0] = type;
    link->frame.bytes[1] = sequence;
    link_frame_send(&link->frame, (uint16_t)(HEADER_BYTES + body_length), link->device->write);
}

static void reply(link_state *link, uint8_t request, uint16_t body_length) {
    send(link, request | LINK_REPLY, link->sequence, body_length);
}

static void reply_error(link_state *link, uint8_t code) {
    body_of(link)[0] = code;
    reply(link, LINK_ERROR, 1);
}

static uint8_t *put_sizes(uint8_t *to, const link_buffer *buffers, uint8_t count) {
    for (uint8_t i = 0; i < count; i++) {
        to = put_u32(to, buffers[i].bytes);
    }
    return to;
}

static void info(link_state *link, uint16_t body_length) {
    const uint8_t index = body_length == 0 ? 0 : body_of(link)[0];
    if (body_length > 1) {
        reply_error(link, LINK_ERROR_LENGTH);
        return;
    }
    if (index >= link->device_count) {
        reply_error(link, LINK_ERROR_INDEX);
        return;
    }
    const link_device *device = link->device = &link->devices[index];
    const size_t name_length = strlen(device->name);
    const size_t fixed = 22 + 4 * ((size_t)device->input_count + device->output_count);
    if (fixed + name_length > BODY_MAX) {
        reply_error(link, LINK_ERROR_RANGE);
        return;
    }
    if (device->reset != NULL) {
        device->reset();
    }
    uint8_t *to = body_of(link);
    *to++ = LINK_PROTOCOL_VERSION;
    *to++ = device->numerics_version;
    to = put_u16(to, LINK_PAYLOAD_MAX);
    to = put_u32(to, (uint32_t)device->signature);
    to = put_u32(to, (uint32_t)(device->signature >> 32));
    to = put_u32(to, device->layer_count);
    to = put_u32(to, device->arena_bytes);
    *to++ = device->input_count;
    *to++ = device->output_count;
    to = put_sizes(to, device->inputs, device->input_count);
    to = put_sizes(to, device->outputs, device->output_count);
    memcpy(to, device->name, name_length);
    reply(link, LINK_INFO, (uint16_t)(fixed + name_length));
}

static int in_range(const link_buffer *buffer, uint32_t offset, uint32_t count) {
    return offset <= buffer->bytes && count <= buffer->bytes - offset;
}

static void write_input(link_state *link, uint16_t body_length) {
    const uint8_t *body = body_of(link);
    if (body_length < WRITE_HEADER_BYTES) {
        reply_error(link, LINK_ERROR_LENGTH);
        return;
    }
    if (body[0] >= link->device->input_count) {
        reply_error(link, LINK_ERROR_INDEX);
        return;
    }
    const link_buffer *input = &link->device->inputs[body[0]];
    const uint32_t offset = get_u32(body + 1);
    const uint16_t count = (uint16_t)(body_length - WRITE_HEADER_BYTES);
    if (!in_range(input, offset, count)) {
        reply_error(link, LINK_ERROR_RANGE);
        return;
    }
    memcpy(input->data + offset, body + WRITE_HEADER_BYTES, count);
    reply(link, LINK_WRITE, 0);
}

static void read_output(link_state *link, uint16_t body_length) {
    uint8_t *body = body_of(link);
    if (body_length != 7) {
        reply_error(link, LINK_ERROR_LENGTH);
        return;
    }
    if (body[0] >= link->device->output_count) {
        reply_error(link, LINK_ERROR_INDEX);
        return;
    }
    const link_buffer *output = &link->device->outputs[body[0]];
    const uint32_t offset = get_u32(body + 1);
    const uint16_t count = (uint16_t)(body[5] | (uint16_t)body[6] << 8);
    if (count > BODY_MAX || !in_range(output, offset, count)) {
        reply_error(link, LINK_ERROR_RANGE);
        return;
    }
    memcpy(body, output->data + offset, count);
    reply(link, LINK_READ, count);
}

static void run(link_state *link, uint16_t body_length) {
    if (body_length != 1) {
        reply_error(link, LINK_ERROR_LENGTH);
        return;
    }
    if (!link->has_run || link->run_sequence != link->sequence) {
        link->run_result = link->device->run(body_of(link)[0] & LINK_RUN_LAYERS);
        link->run_sequence = link->sequence;
        link->has_run = 1;
    }
    put_u32(put_u32(body_of(link), (uint32_t)link->run_result.status), link->run_result.stack_bytes);
    reply(link, LINK_RUN, 8);
}

static void answer(link_state *link, uint16_t payload_length) {
    if (payload_length < HEADER_BYTES) {
        link->sequence = 0;
        reply_error(link, LINK_ERROR_DAMAGED);
        return;
    }
    const uint16_t body_length = (uint16_t)(payload_length - HEADER_BYTES);
    link->sequence = link->frame.bytes[1];
    if (link->frame.bytes[0] != LINK_RUN) {
        link->has_run = 0; /* The host has the reply, or it would have repeated the request. */
    }
    switch (link->frame.bytes[0]) {
    case LINK_INFO:
        info(link, body_length);
        break;
    case LINK_WRITE:
        write_input(link, body_length);
        break;
    case LINK_RUN:
        run(link, body_length);
        break;
    case LINK_READ:
        read_output(link, body_length);
        break;
    default:
        reply_error(link, LINK_ERROR_UNKNOWN);
        break;
    }
}

void link_receive(link_state *link, const uint8_t *bytes, size_t count) {
    if (link->device == NULL) {
        link->device = link->devices;
    }
    for (size_t i = 0; i < count; i++) {
        uint16_t payload_length = 0;
        switch (link_frame_receive(&link->frame, bytes[i], &payload_length)) {
        case LINK_FRAME_COMPLETE:
            answer(link, payload_length);
            break;
        case LINK_FRAME_DAMAGED:
            link->sequence = 0;
            reply_error(link, LINK_ERROR_DAMAGED);
            break;
        default:
            break;
        }
    }
}

void link_send_layer(link_state *link, uint32_t layer, const uint8_t *data, uint32_t bytes) {
    uint32_t offset = 0;
    do {
        const uint32_t left = bytes - offset;
        const uint16_t count = (uint16_t)(left < LAYER_DATA_MAX ? left : LAYER_DATA_MAX);
        uint8_t *body = put_u32(put_u32(body_of(link), layer), offset);
        memcpy(body, data + offset, count);
        send(link, LINK_LAYER | LINK_REPLY, link->sequence, (uint16_t)(LAYER_HEADER_BYTES + count));
        offset += count;
    } while (offset < bytes);
}
