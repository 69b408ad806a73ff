/** Messages of the link as bytes and back (definition.ts says which there are). */
import { UserError } from "../../errors.js";
import {
  bytesOfFields,
  ERRORS,
  FIELD_BYTES,
  type Field,
  INFO_RECORD,
  MESSAGES,
  type MessageName,
  offsetsOf,
  PROTOCOL_VERSION,
} from "./definition.js";

/** Type and sequence number. */
export const HEADER_BYTES = 2;

/** Values by the names of their fields. */
type Values<Fields extends readonly Field[]> = {
  readonly [F in Fields[number] as F["name"]]: F["type"] extends "u64" ? bigint : number;
};
export type Request<Name extends MessageName> = Values<(typeof MESSAGES)[Name]["request"]>;
export type Reply<Name extends MessageName> = Values<(typeof MESSAGES)[Name]["reply"]>;

function encode(fields: readonly Field[], values: Readonly<Record<string, number | bigint>>): Uint8Array {
  const bytes = new Uint8Array(bytesOfFields(fields));
  const view = new DataView(bytes.buffer);
  const offsets = offsetsOf(fields);
  fields.forEach(({ name, type }, i) => {
    const value = values[name];
    if (type === "u64") view.setBigUint64(offsets[i], BigInt(value), true);
    else if (type === "i32") view.setInt32(offsets[i], Number(value), true);
    else if (type === "u32") view.setUint32(offsets[i], Number(value), true);
    else if (type === "u16") view.setUint16(offsets[i], Number(value), true);
    else view.setUint8(offsets[i], Number(value));
  });
  return bytes;
}

function decode(fields: readonly Field[], bytes: Uint8Array): Record<string, number | bigint> | undefined {
  if (bytes.length < bytesOfFields(fields)) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const offsets = offsetsOf(fields);
  const read = ({ type }: Field, at: number) => {
    if (type === "u64") return view.getBigUint64(at, true);
    if (type === "i32") return view.getInt32(at, true);
    if (type === "u32") return view.getUint32(at, true);
    return FIELD_BYTES[type] === 2 ? view.getUint16(at, true) : view.getUint8(at);
  };
  return Object.fromEntries(fields.map((field, i) => [field.name, read(field, offsets[i])]));
}

/** The body of a request. */
export function requestBody<Name extends MessageName>(
  name: Name,
  values: Request<Name>,
  rest: Uint8Array = new Uint8Array(0),
): Uint8Array {
  const fields = encode(MESSAGES[name].request, values as Record<string, number>);
  const body = new Uint8Array(fields.length + rest.length);
  body.set(fields);
  body.set(rest, fields.length);
  return body;
}

/** Fields of the body of a reply, and the bytes behind them. Throws E_LINK for a body that is too short or too long. */
export function parseReply<Name extends MessageName>(
  name: Name,
  body: Uint8Array,
): { readonly fields: Reply<Name>; readonly rest: Uint8Array } {
  const message: { reply: readonly Field[]; replyBytes?: string } = MESSAGES[name];
  const fields = decode(message.reply, body);
  const rest = body.subarray(bytesOfFields(message.reply));
  if (!fields || (rest.length > 0 && message.replyBytes === undefined)) {
    throw new UserError("E_LINK", `the board's answer to ${name} has a wrong length; flash the firmware again`);
  }
  return { fields: fields as Reply<Name>, rest };
}

export function errorText(code: number): string {
  return Object.values(ERRORS).find((error) => error.code === code)?.what ?? `error ${code}`;
}

export interface DeviceInfo {
  readonly protocol: number;
  readonly numericsVersion: number;
  readonly models: number;
  readonly payloadMax: number;
  /** 16 hexadecimal digits. */
  readonly signature: string;
  readonly layers: number;
  readonly arenaBytes: number;
  /** Ticks of the cycle counter in a second; 0: the board has none. */
  readonly cycleHz: number;
  readonly inputBytes: readonly number[];
  readonly outputBytes: readonly number[];
  /** Of the model, and of the board that the firmware was generated for. */
  readonly name: string;
  readonly board: string;
}

/** Throws E_LINK for a board that speaks another version. */
export function checkProtocol(version: number): void {
  if (version === PROTOCOL_VERSION) return;
  throw new UserError(
    "E_LINK",
    `the board speaks version ${version} of the link, this tool ${PROTOCOL_VERSION}; generate and flash the firmware again`,
  );
}

const tooShort = () => new UserError("E_LINK", "the board's answer to info is too short; flash the firmware again");

/** The whole info record. Throws E_LINK when it is too short. */
export function parseInfoRecord(record: Uint8Array): DeviceInfo {
  const fields = decode(INFO_RECORD, record) as Values<typeof INFO_RECORD> | undefined;
  if (!fields) throw tooShort();
  const start = bytesOfFields(INFO_RECORD);
  const end = start + 4 * (fields.inputs + fields.outputs);
  if (record.length < end) throw tooShort();
  const view = new DataView(record.buffer, record.byteOffset, record.length);
  const sizes = Array.from({ length: fields.inputs + fields.outputs }, (_, i) => view.getUint32(start + 4 * i, true));
  const [name, board = ""] = new TextDecoder().decode(record.subarray(end)).split("\0");
  return {
    protocol: PROTOCOL_VERSION,
    numericsVersion: fields.numerics_version,
    models: fields.models,
    payloadMax: fields.payload_max,
    signature: fields.signature.toString(16).padStart(16, "0"),
    layers: fields.layers,
    arenaBytes: fields.arena_bytes,
    cycleHz: fields.cycle_hz,
    inputBytes: sizes.slice(0, fields.inputs),
    outputBytes: sizes.slice(fields.inputs),
    name,
    board,
  };
}
