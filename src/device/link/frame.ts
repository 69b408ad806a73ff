/** Frames of the link (docs/link-protocol.md): payload and CRC-32, COBS-encoded, between zero bytes. */
import { crc32 } from "../../io/crc32.js";

const BLOCK_MAX = 254;

/** Consistent overhead byte stuffing (Cheshire and Baker, 1999): no zero byte in the result. */
export function cobsEncode(bytes: Uint8Array): Uint8Array {
  const result: number[] = [];
  for (let at = 0; ; ) {
    let end = at;
    while (end < bytes.length && end - at < BLOCK_MAX && bytes[end] !== 0) end++;
    result.push(end - at + 1, ...bytes.subarray(at, end));
    if (end === bytes.length) return Uint8Array.from(result);
    // A full block stands for no zero.
    at = end - at === BLOCK_MAX ? end : end + 1;
  }
}

/** Undefined for bytes that no encoder gives. */
export function cobsDecode(bytes: Uint8Array): Uint8Array | undefined {
  const result: number[] = [];
  for (let at = 0; at < bytes.length; ) {
    const code = bytes[at];
    if (code === 0 || at + code > bytes.length) return undefined;
    for (let i = 1; i < code; i++) result.push(bytes[at + i]);
    at += code;
    if (code <= BLOCK_MAX && at < bytes.length) result.push(0);
  }
  return Uint8Array.from(result);
}

/** The payload as it goes over the wire. */
export function encodeFrame(payload: Uint8Array): Uint8Array {
  const checked = new Uint8Array(payload.length + 4);
  checked.set(payload);
  new DataView(checked.buffer).setUint32(payload.length, crc32(payload), true);
  return Uint8Array.from([0, ...cobsEncode(checked), 0]);
}

/** The payload of the bytes between two zeros, or undefined when they are damaged. */
export function decodeFrame(bytes: Uint8Array): Uint8Array | undefined {
  const checked = cobsDecode(bytes);
  if (!checked || checked.length < 4) return undefined;
  const payload = checked.subarray(0, checked.length - 4);
  const crc = new DataView(checked.buffer, checked.length - 4).getUint32(0, true);
  return crc === crc32(payload) ? payload : undefined;
}

/** No frame is longer: payload lengths have 16 bits. */
const FRAME_MAX = 2 ** 17;

/** Cuts a stream into frames: feed it bytes, it gives the payloads, undefined for damaged ones. */
export function frameReader(): (bytes: Uint8Array) => (Uint8Array | undefined)[] {
  let pending: number[] = [];
  return (bytes) => {
    const frames: (Uint8Array | undefined)[] = [];
    for (const byte of bytes) {
      if (byte !== 0) {
        // What is cut off here fails its CRC.
        if (pending.length < FRAME_MAX) pending.push(byte);
        continue;
      }
      if (pending.length > 0) frames.push(decodeFrame(Uint8Array.from(pending)));
      pending = [];
    }
    return frames;
  };
}
