/** Messages of the link (docs/link-protocol.md). The firmware's side is runtime-c/link/link.h. */
import { UserError } from "../../errors.js";

export const PROTOCOL_VERSION = 1;

export const REQUEST = { info: 1, write: 2, run: 3, read: 4 } as const;
export const LAYER = 0x40;
export const ERROR = 0x7f;
export const REPLY = 0x80;
export const RUN_LAYERS = 1;
/** In place of the stack's bytes: it ran into the data. */
export const STACK_OVERFLOW = 0xffffffff;

/** Type and sequence number. */
export const HEADER_BYTES = 2;
/** Index and offset in front of the bytes of a write. */
export const WRITE_HEADER_BYTES = 5;

export const ERROR_TEXT: Readonly<Record<number, string>> = {
  1: "a frame came damaged",
  2: "the request is not known",
  3: "the body has another length than the request asks for",
  4: "there is no such model, input or output",
  5: "the bytes lie outside the input or output",
};

/** Layer and offset in front of the bytes of a layer's output. */
export const LAYER_HEADER_BYTES = 8;

export interface DeviceInfo {
  readonly protocol: number;
  readonly numericsVersion: number;
  readonly payloadMax: number;
  /** 16 hexadecimal digits. */
  readonly signature: string;
  readonly layers: number;
  readonly arenaBytes: number;
  readonly inputBytes: readonly number[];
  readonly outputBytes: readonly number[];
  readonly name: string;
}

const tooShort = () => new UserError("E_LINK", "the board's answer to info is too short; flash the firmware again");

export function parseInfo(body: Uint8Array): DeviceInfo {
  if (body.length < 22) throw tooShort();
  const view = new DataView(body.buffer, body.byteOffset, body.length);
  const protocol = view.getUint8(0);
  if (protocol !== PROTOCOL_VERSION) {
    throw new UserError("E_LINK", `the board speaks version ${protocol} of the link, this tool ${PROTOCOL_VERSION}`);
  }
  const inputs = view.getUint8(20);
  const outputs = view.getUint8(21);
  const end = 22 + 4 * (inputs + outputs);
  if (body.length < end) throw tooShort();
  const sizes = Array.from({ length: inputs + outputs }, (_, i) => view.getUint32(22 + 4 * i, true));
  return {
    protocol,
    numericsVersion: view.getUint8(1),
    payloadMax: view.getUint16(2, true),
    signature: view.getBigUint64(4, true).toString(16).padStart(16, "0"),
    layers: view.getUint32(12, true),
    arenaBytes: view.getUint32(16, true),
    inputBytes: sizes.slice(0, inputs),
    outputBytes: sizes.slice(inputs),
    name: new TextDecoder().decode(body.subarray(end)),
  };
}

export function writeBody(input: number, offset: number, bytes: Uint8Array): Uint8Array {
  const body = new Uint8Array(WRITE_HEADER_BYTES + bytes.length);
  body[0] = input;
  new DataView(body.buffer).setUint32(1, offset, true);
  body.set(bytes, WRITE_HEADER_BYTES);
  return body;
}

export function readBody(output: number, offset: number, count: number): Uint8Array {
  const body = new Uint8Array(7);
  const view = new DataView(body.buffer);
  body[0] = output;
  view.setUint32(1, offset, true);
  view.setUint16(5, count, true);
  return body;
}
