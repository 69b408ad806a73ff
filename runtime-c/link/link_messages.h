/*
 * Messages of the link (docs/link-protocol.md), version 2. Written by `npm run generate:docs` from
 * src/device/link/definition.ts.
 */
/* clang-format off */
#ifndef LINK_MESSAGES_H
#define LINK_MESSAGES_H

/* A newer version still answers LINK_INFO with its number in the first byte. */
#define LINK_PROTOCOL_VERSION 2
/* The reply to type t is t | LINK_REPLY, with the sequence number of the request. */
#define LINK_REPLY 0x80
#define LINK_ERROR 0x7F

/* Requests. */
enum {
    LINK_INFO = 0x01, /* opens a session with a model, and tells about it and the board */
    LINK_WRITE = 0x02, /* puts bytes into an input */
    LINK_RUN = 0x03, /* runs the model once on what was written */
    LINK_READ = 0x04, /* reads bytes of an output, or of the layer behind which a run pauses */
    LINK_RESUME = 0x05, /* lets a run that pauses go on */
    LINK_BAUD = 0x06, /* changes the rate of the line, after the reply */
    LINK_LOG = 0x07 /* reads what the firmware wrote to its log */
};

/* Bytes of the bodies without what may follow their fields, and where the fields lie. */
enum {
    LINK_INFO_REQUEST_BYTES = 3,
    LINK_INFO_REQUEST_MODEL = 0,
    LINK_INFO_REQUEST_OFFSET = 1,
    LINK_INFO_REPLY_BYTES = 3,
    LINK_INFO_REPLY_PROTOCOL = 0,
    LINK_INFO_REPLY_TOTAL = 1
};
enum {
    LINK_WRITE_REQUEST_BYTES = 5,
    LINK_WRITE_REQUEST_INPUT = 0,
    LINK_WRITE_REQUEST_OFFSET = 1,
    LINK_WRITE_REPLY_BYTES = 0
};
enum {
    LINK_RUN_REQUEST_BYTES = 4,
    LINK_RUN_REQUEST_PAUSE_AT = 0,
    LINK_RUN_REPLY_BYTES = 21,
    LINK_RUN_REPLY_STATE = 0,
    LINK_RUN_REPLY_STATUS = 1,
    LINK_RUN_REPLY_LAYER = 5,
    LINK_RUN_REPLY_LAYER_BYTES = 9,
    LINK_RUN_REPLY_STACK_BYTES = 13,
    LINK_RUN_REPLY_CYCLES = 17
};
enum {
    LINK_READ_REQUEST_BYTES = 8,
    LINK_READ_REQUEST_OF = 0,
    LINK_READ_REQUEST_INDEX = 1,
    LINK_READ_REQUEST_OFFSET = 2,
    LINK_READ_REQUEST_COUNT = 6,
    LINK_READ_REPLY_BYTES = 0
};
enum {
    LINK_RESUME_REQUEST_BYTES = 4,
    LINK_RESUME_REQUEST_PAUSE_AT = 0,
    LINK_RESUME_REPLY_BYTES = 21,
    LINK_RESUME_REPLY_STATE = 0,
    LINK_RESUME_REPLY_STATUS = 1,
    LINK_RESUME_REPLY_LAYER = 5,
    LINK_RESUME_REPLY_LAYER_BYTES = 9,
    LINK_RESUME_REPLY_STACK_BYTES = 13,
    LINK_RESUME_REPLY_CYCLES = 17
};
enum {
    LINK_BAUD_REQUEST_BYTES = 4,
    LINK_BAUD_REQUEST_RATE = 0,
    LINK_BAUD_REPLY_BYTES = 4,
    LINK_BAUD_REPLY_RATE = 0
};
enum {
    LINK_LOG_REQUEST_BYTES = 4,
    LINK_LOG_REQUEST_OFFSET = 0,
    LINK_LOG_REPLY_BYTES = 4,
    LINK_LOG_REPLY_OFFSET = 0
};

/* The info record. */
enum {
    LINK_INFO_RECORD_BYTES = 26,
    LINK_INFO_RECORD_NUMERICS_VERSION = 0,
    LINK_INFO_RECORD_MODELS = 1,
    LINK_INFO_RECORD_PAYLOAD_MAX = 2,
    LINK_INFO_RECORD_SIGNATURE = 4,
    LINK_INFO_RECORD_LAYERS = 12,
    LINK_INFO_RECORD_ARENA_BYTES = 16,
    LINK_INFO_RECORD_CYCLE_HZ = 20,
    LINK_INFO_RECORD_INPUTS = 24,
    LINK_INFO_RECORD_OUTPUTS = 25
};

/* Codes of LINK_ERROR replies. */
enum {
    LINK_ERROR_DAMAGED = 1, /* a frame came damaged */
    LINK_ERROR_UNKNOWN = 2, /* the request is not known */
    LINK_ERROR_LENGTH = 3, /* the body has another length than the request asks for */
    LINK_ERROR_INDEX = 4, /* there is no such model, input or output */
    LINK_ERROR_RANGE = 5, /* the bytes lie outside the input or output */
    LINK_ERROR_STATE = 6 /* no run pauses here */
};

/* LINK_READ: what is read. */
enum { LINK_READ_OUTPUT = 0, LINK_READ_LAYER = 1 };

/* LINK_RUN and LINK_RESUME: how far the run has come. */
enum { LINK_RUN_DONE = 0, LINK_RUN_PAUSED = 1 };

/* Never pause. */
#define LINK_NO_LAYER 0xFFFFFFFFu

#endif
