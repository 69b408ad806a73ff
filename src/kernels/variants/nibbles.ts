/** What the variants with weights of four bits share: when they apply, and how two weights come into a byte. */
import type { TypedArray } from "../../graph/ir.js";
import { CHANNEL_TABLES } from "../image_params.js";
import type { ConstantSlot } from "../kernel.js";

/** Inputs at which sixteen times the largest sum still fits in 32 bits: 16 * 8 * 128 each. */
export const MOST_INPUTS = 2 ** 17 - 1;

/** CHANNEL_TABLES with packed weights. */
export const packedTables = (type: ConstantSlot["type"]): readonly ConstantSlot[] =>
  CHANNEL_TABLES.map((slot) => (slot.name === "weights" ? { ...slot, type } : slot));

/** Why the weights of a call cannot be packed; undefined where they can: all of them lie in [-8, 7]. */
export function tooWide({ weights }: Readonly<Record<string, TypedArray>>): string | undefined {
  const fits = (weights as Int8Array).every((w) => w >= -8 && w <= 7);
  return fits ? undefined : "its weights take more than four bits";
}

/** Rows of `length` weights, each from a byte of its own on; the low half of a byte comes first. */
export function packNibbles(weights: ArrayLike<number>, length: number): Uint8Array {
  const rows = weights.length / length;
  const bytes = Math.ceil(length / 2);
  const packed = new Uint8Array(rows * bytes);
  for (let row = 0; row < rows; row++) {
    for (let i = 0; i < length; i++) {
      packed[row * bytes + (i >> 1)] |= (weights[row * length + i] & 15) << (4 * (i & 1));
    }
  }
  return packed;
}

/**
 * Blocks of `weightBytes` weights and then `tableBytes` of other tables with every 32 weights in 16 bytes: the first 16 in
 * the low halves. Both counts are multiples of four, that of the weights of 32.
 */
export function pairedNibbles(packed: Int32Array, weightBytes: number, tableBytes: number): Int32Array {
  const from = new Uint8Array(packed.buffer, packed.byteOffset, packed.byteLength);
  const blocks = from.length / (weightBytes + tableBytes);
  const to = new Uint8Array(blocks * (weightBytes / 2 + tableBytes));
  let at = 0;
  for (let start = 0; start < from.length; start += weightBytes + tableBytes) {
    for (let i = 0; i < weightBytes; i += 32) {
      for (let k = 0; k < 16; k++) to[at++] = (from[start + i + k] & 15) | ((from[start + i + 16 + k] & 15) << 4);
    }
    to.set(from.subarray(start + weightBytes, start + weightBytes + tableBytes), at);
    at += tableBytes;
  }
  return new Int32Array(to.buffer);
}
