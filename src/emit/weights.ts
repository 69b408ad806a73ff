/**
 * Where weights and tables lie: in the firmware itself, or in an image of their own, a file that is flashed to a fixed
 * address or that the application loads. An image is a header (`runtime-c/include/nn_weights.h`) and the tables, one
 * after the other, little-endian as every supported core.
 */
import { firmwareConstants, type Program } from "../graph/program.js";
import { crc32 } from "../io/crc32.js";
import { alignUp } from "../plan/dataflow.js";

export type WeightsPlace =
  | { readonly place: "internal" }
  /** At a fixed address of memory that the processor reads like any other, below 2^32. */
  | { readonly place: "external"; readonly address: number }
  /** Wherever the application has put it. */
  | { readonly place: "file" };

export const INTERNAL = { place: "internal" } as const satisfies WeightsPlace;

/** Of the image and of every table in it, bytes: no kernel asks for more. */
export const WEIGHTS_ALIGNMENT = 16;
const HEADER_BYTES = 32;
/** "NNW1": weights, and the version of this layout. */
const MAGIC = 0x31574e4e;

export interface ImageLayout {
  /** Of the whole image, header included. */
  readonly bytes: number;
  /** Constant id -> offset of its table from the start of the image. */
  readonly offsets: ReadonlyMap<number, number>;
}

export function imageLayout(program: Program): ImageLayout {
  const used = firmwareConstants(program);
  const offsets = new Map<number, number>();
  let end = HEADER_BYTES;
  for (const { id, data } of program.constants) {
    if (!used.has(id)) continue;
    end = alignUp(end, WEIGHTS_ALIGNMENT);
    offsets.set(id, end);
    end += data.byteLength;
  }
  return { bytes: end, offsets };
}

/** @param signature of the firmware, 16 hexadecimal digits: the image is for no other */
export function weightsImage(program: Program, signature: string): Uint8Array {
  const { bytes, offsets } = imageLayout(program);
  const image = new Uint8Array(bytes);
  for (const { id, data } of program.constants) {
    const offset = offsets.get(id);
    if (offset !== undefined) image.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), offset);
  }
  const header = new DataView(image.buffer);
  header.setUint32(0, MAGIC, true);
  header.setUint32(4, bytes, true);
  header.setBigUint64(8, BigInt(`0x${signature}`), true);
  header.setUint32(16, crc32(image.subarray(HEADER_BYTES)), true);
  return image;
}

export const weightsFileName = (name: string): string => `${name}_weights.bin`;

/** A place in words, as `--weights` takes it. */
export function placeText(weights: WeightsPlace): string {
  return weights.place === "external" ? `external:${hexadecimal(weights.address)}` : weights.place;
}

export const hexadecimal = (address: number): string => `0x${address.toString(16).toUpperCase()}`;
