/**
 * Where weights and tables lie: in the firmware itself, or in an image of their own, a file that is flashed to a fixed
 * address or that the application loads. An image is a header (`runtime-c/include/nn_weights.h`) and the tables, one
 * after the other, little-endian as every supported core.
 */
import { firmwareCall, firmwareConstants, kernelSteps, type Program } from "../graph/program.js";
import { crc32 } from "../io/crc32.js";
import { hottest, readingsOf } from "../kernels/table_readings.js";
import { alignUp } from "../plan/dataflow.js";

/** Of weights outside the firmware. */
interface Outside {
  /** Tables of so many bytes stay in the firmware, those that are read most; absent: none. */
  readonly internalBytes?: number;
}

export type WeightsPlace =
  | { readonly place: "internal" }
  /** At a fixed address of memory that the processor reads like any other, below 2^32. */
  | ({ readonly place: "external"; readonly address: number } & Outside)
  /** Wherever the application has put it. */
  | ({ readonly place: "file" } & Outside);

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

/**
 * The constants whose tables are part of the firmware: all of them, or of those outside it the ones that are read most
 * per byte, as many as have room. What kernels take as an input like any other stays outside.
 */
export function internalTables(program: Program, weights: WeightsPlace): ReadonlySet<number> {
  const used = firmwareConstants(program);
  if (weights.place === "internal") return used;
  const values = new Set(program.steps.flatMap(({ inputs }) => inputs.map((id) => program.tensors[id].constant)));
  const readings = new Map<number, number>();
  for (const step of program.steps.flatMap(kernelSteps)) {
    const ids = Object.values(firmwareCall(step).constants);
    const times = readingsOf(
      step.macs,
      ids.map((id) => program.constants[id].data.length),
    );
    for (const id of ids) readings.set(id, (readings.get(id) ?? 0) + times);
  }
  const tables = [...readings].map(([id, times]) => ({
    id,
    bytes: program.constants[id].data.byteLength,
    readings: times,
  }));
  return hottest(
    tables.filter(({ id }) => used.has(id) && !values.has(id)),
    weights.internalBytes ?? 0,
  );
}

/** Of the tables that are not in the firmware. */
export function imageLayout(program: Program, weights: WeightsPlace): ImageLayout {
  const used = firmwareConstants(program);
  const inside = internalTables(program, weights);
  const offsets = new Map<number, number>();
  let end = HEADER_BYTES;
  for (const { id, data } of program.constants) {
    if (!used.has(id) || inside.has(id)) continue;
    end = alignUp(end, WEIGHTS_ALIGNMENT);
    offsets.set(id, end);
    end += data.byteLength;
  }
  return { bytes: end, offsets };
}

/** @param signature of the firmware, 16 hexadecimal digits: the image is for no other */
export function weightsImage(program: Program, weights: WeightsPlace, signature: string): Uint8Array {
  const { bytes, offsets } = imageLayout(program, weights);
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
