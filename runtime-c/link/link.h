/*
 * The firmware's side of the link (docs/link-protocol.md): answers the host's requests for its models. No
 * length, offset or index that comes over the wire is used unchecked. No malloc; the buffer is the frame in
 * `link`.
 */
#ifndef LINK_H
#define LINK_H

#include "link_frame.h"
#include "link_messages.h"

/* Bytes of log that wait for the host; older ones give way. 0: link_log does nothing. */
#ifndef LINK_LOG_BYTES
#define LINK_LOG_BYTES 128
#endif

/* Bytes taken from the board at a time. */
#ifndef LINK_RECEIVE_BYTES
#define LINK_RECEIVE_BYTES 32
#endif

typedef struct {
    uint8_t *data;
    uint32_t bytes;
} link_buffer;

/* What the link needs of the board. */
typedef struct {
    const char *name;
    uint32_t cycle_hz; /* of `cycles`; 0: no counter */
    /* Waits for the host and returns how many bytes (1..capacity) lie in `to`; 0: the host closed the link.
     */
    size_t (*read)(uint8_t *to, size_t capacity);
    void (*write)(const uint8_t *from, size_t count);
    /* Ticks of a counter that wraps at 2^32. */
    uint32_t (*cycles)(void);
    /* Whether the line can have a rate; and changes it, after all that was written has been sent. */
    uint8_t (*can_baud)(uint32_t rate);
    void (*set_baud)(uint32_t rate);
    void (*stack_paint)(void);
    /* High-water mark of the stack since stack_paint; 0: unknown. */
    uint32_t (*stack_used)(void);
} link_board;

/* A model as the host sees it. */
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
    /* Runs the model once and returns its status; it calls link_layer_done after each layer. */
    int32_t (*run)(void);
    /* Forgets what earlier runs left behind; NULL for a model without state. Called when a session begins. */
    void (*reset)(void);
    /* Element of output 0 as a real number; NULL without the text dialect of MLPerf Tiny. */
    float (*value)(uint32_t index);
    uint8_t output_element_bytes; /* of output 0 */
} link_device;

typedef struct link_state link_state;

/* Zero-initialised, with the first four members set, it is ready. */
struct link_state {
    const link_device *devices; /* the models of the firmware */
    const link_board *board;
    uint32_t baud; /* rate that the line begins with */
    uint8_t device_count;
    /* Takes a byte that is outside of frames, for another dialect on the same line; NULL: such bytes are
     * noise. */
    void (*text)(link_state *link, uint8_t byte);

    const link_device *device; /* of this session */
    link_frame frame;
    uint8_t sequence;
    uint8_t received[LINK_RECEIVE_BYTES];
    uint8_t received_count;
    uint8_t received_at;
    /* A request that came while a run paused, and is answered when the run is over; its payload bytes. */
    uint16_t waiting;
    /* Frames that made no sense since the last one that did; the line goes back to its first rate after some.
     */
    uint8_t noise;
    uint8_t rate_changed;
    uint8_t running;
    uint8_t resumed;
    uint32_t pause_at;
    uint32_t cycles_from;
    /* Layer behind which a run pauses. */
    uint32_t layer;
    link_buffer layer_output;
    /* The last reply to run or resume, until another request follows: it is what a repeated request gets. */
    uint8_t has_reply;
    uint8_t reply_to;
    uint8_t reply_sequence;
    uint8_t run_reply[LINK_RUN_REPLY_BYTES];
    uint32_t log_count; /* bytes ever written to the log */
#if LINK_LOG_BYTES > 0
    uint8_t log[LINK_LOG_BYTES];
#endif
};

/* Answers the host until it closes the link. */
void link_serve(link_state *link);

/* Answers the requests that a stream of bytes completes: for a firmware whose loop reads the line itself. */
void link_receive(link_state *link, uint8_t byte);

/* A layer is done, its output lies in `data`: pauses here when the host asked for it. Only within `run`. */
void link_layer_done(link_state *link, uint32_t layer, const uint8_t *data, uint32_t bytes);

/* Adds a text to the log, which the host shows. */
void link_log(link_state *link, const char *text);

/* Runs the model of this session; `pause_at`: see LINK_RUN. Returns its status; `cycles` of what followed the
 * last pause. */
int32_t link_run_model(link_state *link, uint32_t pause_at, uint32_t *cycles);

#endif
