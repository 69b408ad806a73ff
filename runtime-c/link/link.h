/*
 * The firmware's side of the link (docs/link-protocol.md): answers the host's requests for its models. No
 * length, offset or index that comes over the wire is used unchecked. No malloc; the buffer is the frame in
 * `link`.
 */
#ifndef LINK_H
#define LINK_H

#include "link_frame.h"

/* Version of the protocol; a newer version still answers LINK_INFO in the same form. */
#define LINK_PROTOCOL_VERSION 1

/* Requests. The reply to type t is t | LINK_REPLY, with the sequence number of the request. */
enum { LINK_INFO = 1, LINK_WRITE = 2, LINK_RUN = 3, LINK_READ = 4, LINK_LAYER = 0x40, LINK_ERROR = 0x7F };
#define LINK_REPLY 0x80

/* Flags of LINK_RUN. */
#define LINK_RUN_LAYERS 1u

/* Codes of LINK_ERROR replies. */
enum {
    LINK_ERROR_DAMAGED = 1, /* a frame came damaged; its sequence number is unknown, so the reply says 0 */
    LINK_ERROR_UNKNOWN = 2, /* no such request */
    LINK_ERROR_LENGTH = 3,  /* the body has not the length that the request asks for */
    LINK_ERROR_INDEX = 4,   /* no such input or output */
    LINK_ERROR_RANGE = 5    /* the bytes lie outside the input or output, or do not fit into one frame */
};

typedef struct {
    uint8_t *data;
    uint32_t bytes;
} link_buffer;

typedef struct {
    int32_t status;       /* what the model's run function returned */
    uint32_t stack_bytes; /* high-water mark of the stack during the run; 0: unknown */
} link_run_result;

/* The firmware as the host sees it. */
typedef struct {
    const char *name;
    uint64_t signature;
    uint32_t layer_count;
    uint32_t arena_bytes;
    uint8_t numerics_version;
    uint8_t input_count;
    uint8_t output_count;
    const link_buffer *inputs;
    const link_buffer *outputs;
    /* Runs the model once; with `stream_layers` it calls link_send_layer after each layer. */
    link_run_result (*run)(uint8_t stream_layers);
    /* Forgets what earlier runs left behind; NULL for a model without state. Called before each info reply.
     */
    void (*reset)(void);
    void (*write)(const uint8_t *from, size_t count);
} link_device;

/* Zero-initialised, with `devices` and `device_count` set, it is ready. */
typedef struct {
    const link_device *devices; /* the models of the firmware */
    uint8_t device_count;
    const link_device *device; /* the one that the last LINK_INFO asked for */
    link_frame frame;
    uint8_t sequence;
    /* The last run, until another request follows: a repeated request gets the same reply, not a second run.
     */
    uint8_t has_run;
    uint8_t run_sequence;
    link_run_result run_result;
} link_state;

/* Takes bytes off the wire and answers the requests that they complete. */
void link_receive(link_state *link, const uint8_t *bytes, size_t count);

/* Sends the output of a layer, in as many LINK_LAYER messages as it takes (one when bytes == 0). Only within
 * `run`. */
void link_send_layer(link_state *link, uint32_t layer, const uint8_t *data, uint32_t bytes);

#endif
