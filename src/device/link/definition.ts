/**
 * The messages of the link, defined once. The host's encoders and decoders (messages.ts), the firmware's constants
 * (runtime-c/link/link_messages.h) and the tables of docs/link-protocol.md are made from this file.
 */

/** Integers, little-endian. */
export type FieldType = "u8" | "u16" | "u32" | "i32" | "u64";

export const FIELD_BYTES: Readonly<Record<FieldType, number>> = { u8: 1, u16: 2, u32: 4, i32: 4, u64: 8 };

export interface Field {
  readonly name: string;
  readonly type: FieldType;
  readonly what: string;
}

export interface Message {
  /** Type of the request; the reply has REPLY set. */
  readonly type: number;
  readonly what: string;
  readonly request: readonly Field[];
  /** What follows the fields; absent: nothing may. */
  readonly requestBytes?: string;
  readonly reply: readonly Field[];
  readonly replyBytes?: string;
}

/** Version of the protocol; the reply to info has it in its first byte in every version. */
export const PROTOCOL_VERSION = 2;
/** Rate that a serial line begins with, bits per second. */
export const FIRST_BAUD = 115_200;
export const REPLY = 0x80;
/** Type of the reply to a request that cannot be done, REPLY not yet set. */
export const ERROR = 0x7f;
/** A layer that no model has: do not pause. */
export const NO_LAYER = 0xffffffff;
/** In place of the stack's bytes: it ran into the data. */
export const STACK_OVERFLOW = 0xffffffff;
/** What a read is of. */
export const READ_OF = { output: 0, layer: 1 } as const;
/** How far a run has come. */
export const RUN_STATE = { done: 0, paused: 1 } as const;

const RUN_REPLY = [
  { name: "state", type: "u8", what: "0: the run is over; 1: it pauses behind a layer" },
  { name: "status", type: "i32", what: "what the model's run function returned, 0 for success; 0 while it pauses" },
  { name: "layer", type: "u32", what: "the layer that it pauses behind" },
  { name: "layer_bytes", type: "u32", what: "bytes of that layer's output" },
  { name: "stack_bytes", type: "u32", what: "high-water mark of the stack, 0: unknown, 0xFFFFFFFF: it ran into data" },
  { name: "cycles", type: "u32", what: "ticks of the cycle counter since the run began or went on, modulo 2^32" },
] as const satisfies readonly Field[];

export const MESSAGES = {
  info: {
    type: 0x01,
    what: "opens a session with a model, and tells about it and the board",
    request: [
      { name: "model", type: "u8", what: "which model of the firmware" },
      { name: "offset", type: "u16", what: "first byte of the info record that is wanted" },
    ],
    reply: [
      { name: "protocol", type: "u8", what: "version of the protocol; later versions keep this byte" },
      { name: "total", type: "u16", what: "bytes of the info record" },
    ],
    replyBytes: "the info record from `offset` on, as much as fits",
  },
  write: {
    type: 0x02,
    what: "puts bytes into an input",
    request: [
      { name: "input", type: "u8", what: "which input" },
      { name: "offset", type: "u32", what: "where in the input" },
    ],
    requestBytes: "what to put there",
    reply: [],
  },
  run: {
    type: 0x03,
    what: "runs the model once on what was written",
    request: [{ name: "pause_at", type: "u32", what: "pause behind this layer, or the next one there is" }],
    reply: RUN_REPLY,
  },
  read: {
    type: 0x04,
    what: "reads bytes of an output, or of the layer behind which a run pauses",
    request: [
      { name: "of", type: "u8", what: "0: an output; 1: the output of the layer" },
      { name: "index", type: "u8", what: "which output; 0 for a layer" },
      { name: "offset", type: "u32", what: "first byte" },
      { name: "count", type: "u16", what: "bytes" },
    ],
    reply: [],
    replyBytes: "`count` bytes",
  },
  resume: {
    type: 0x05,
    what: "lets a run that pauses go on",
    request: [{ name: "pause_at", type: "u32", what: "as in run; 0xFFFFFFFF: pause no more" }],
    reply: RUN_REPLY,
  },
  baud: {
    type: 0x06,
    what: "changes the rate of the line, after the reply",
    request: [{ name: "rate", type: "u32", what: "bits per second" }],
    reply: [{ name: "rate", type: "u32", what: "the rate from now on; 0: the board cannot, and keeps its rate" }],
  },
  log: {
    type: 0x07,
    what: "reads what the firmware wrote to its log",
    request: [{ name: "offset", type: "u32", what: "bytes of the log that the host has already" }],
    reply: [
      {
        name: "offset",
        type: "u32",
        what: "place of the first byte that follows: later ones than asked for were lost",
      },
    ],
    replyBytes: "text, as much as fits; nothing when there is no more",
  },
} as const satisfies Readonly<Record<string, Message>>;

export type MessageName = keyof typeof MESSAGES;

/** The info record begins with these; then follow u32 bytes of each input, of each output, and the names. */
export const INFO_RECORD = [
  { name: "numerics_version", type: "u8", what: "version of the arithmetic" },
  { name: "models", type: "u8", what: "models of the firmware" },
  { name: "payload_max", type: "u16", what: "largest payload in bytes, either way" },
  { name: "signature", type: "u64", what: "signature of the model" },
  { name: "layers", type: "u32", what: "number of layers" },
  { name: "arena_bytes", type: "u32", what: "size of the arena" },
  { name: "cycle_hz", type: "u32", what: "ticks of the cycle counter in a second; 0: there is none" },
  { name: "inputs", type: "u8", what: "number of inputs" },
  { name: "outputs", type: "u8", what: "number of outputs" },
] as const satisfies readonly Field[];

/** Code -> what it means. */
export const ERRORS = {
  damaged: { code: 1, what: "a frame came damaged", more: "or has no whole header; this reply has sequence number 0" },
  unknown: { code: 2, what: "the request is not known", more: "" },
  length: { code: 3, what: "the body has another length than the request asks for", more: "" },
  index: { code: 4, what: "there is no such model, input or output", more: "" },
  range: { code: 5, what: "the bytes lie outside the input or output", more: "or do not fit into one frame" },
  state: { code: 6, what: "no run pauses here", more: "so there is no layer to read and nothing to resume" },
} as const;

export const bytesOfFields = (fields: readonly Field[]): number =>
  fields.reduce((sum, { type }) => sum + FIELD_BYTES[type], 0);

/** Offsets of fields that follow one another. */
export function offsetsOf(fields: readonly Field[]): number[] {
  let at = 0;
  return fields.map(({ type }) => {
    at += FIELD_BYTES[type];
    return at - FIELD_BYTES[type];
  });
}
