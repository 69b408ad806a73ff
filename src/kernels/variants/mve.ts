/**
 * What the variants for MVE (Helium) share: the requantisation of vectors, the packing of dense weights, and how far an
 * output may run into the input.
 *
 * The definition (numerics/requantize.ts) is floor((acc * M + 2^(n - 1)) / 2^n). For n > 32 that is
 * floor((floor(acc * M / 2^32) + 2^(s - 1)) / 2^s) with s = n - 32: VMULH, then VRSHL by -s. Only integers are added and
 * nested floors collapse, so it holds for every accumulator; VRSHL rounds without leaving its range.
 */
import type { TypedArray } from "../../graph/ir.js";
import type { FullyConnectedS8Params } from "../nn_fully_connected_s8.js";

/** The tables of a layer with weights, by the names of CHANNEL_TABLES. */
export interface Tables {
  readonly weights: Int8Array;
  readonly bias: Int32Array;
  readonly multiplier: Int32Array;
  readonly shift: Uint8Array;
}

/** The tables with right shifts behind the high word in the place of the shifts; in words why that cannot be. */
export function highWordTables(constants: Readonly<Record<string, TypedArray>>): Tables | string {
  const tables = constants as unknown as Tables;
  const shift = tables.shift.map((n, c) => (tables.multiplier[c] === 0 ? 1 : n <= 32 ? 0 : n - 32));
  const channel = shift.indexOf(0);
  return channel < 0 ? { ...tables, shift } : `the scale of channel ${channel} is 1/4 or more`;
}

const CHUNK = 16;

/** Chunks of 16 that a sum of `terms` products takes: a first one of 1 to 16, the rest whole. */
export const chunksOf = (terms: number) => Math.ceil(terms / CHUNK);

/** Bytes of the tables behind the weights of four channels: biases, multipliers, negative shifts. */
export const TABLE_BYTES = 48;

/**
 * Weights [channels][terms], per four channels in chunks, four channels to a chunk, each filled up with zeros; then the
 * tables.
 * @param size of a chunk, a multiple of four
 * @param firsts the first term of each chunk
 */
export function packedChunks(
  { weights, bias, multiplier, shift }: Tables,
  size: number,
  firsts: readonly number[],
): Int32Array {
  const channels = bias.length;
  const terms = weights.length / channels;
  const blockBytes = 4 * size * firsts.length + TABLE_BYTES;
  const bytes = new Int8Array(Math.ceil(channels / 4) * blockBytes);
  const words = new Int32Array(bytes.buffer);
  for (let c = 0; c < channels; c++) {
    const lane = c % 4;
    const block = ((c - lane) / 4) * blockBytes;
    firsts.forEach((first, chunk) => {
      const end = firsts[chunk + 1] ?? terms;
      bytes.set(weights.subarray(c * terms + first, c * terms + end), block + size * (4 * chunk + lane));
    });
    const table = (block + blockBytes - TABLE_BYTES) / 4 + lane;
    words[table] = bias[c];
    words[table + 4] = multiplier[c];
    words[table + 8] = -shift[c];
  }
  return words;
}

/** Dense weights as the inner loops read them: chunks of 16, of which the first takes what is left over. */
export function packedDense(tables: Tables): Int32Array {
  const terms = tables.weights.length / tables.bias.length;
  const chunks = chunksOf(terms);
  const head = terms - CHUNK * (chunks - 1);
  const firsts = Array.from({ length: chunks }, (_, chunk) => (chunk === 0 ? 0 : head + CHUNK * (chunk - 1)));
  return packedChunks(tables, CHUNK, firsts);
}

/** Dense weights for int16 inputs: chunks of 8, of which the last is filled up. */
export function packedEights(tables: Tables): Int32Array {
  const terms = tables.weights.length / tables.bias.length;
  return packedChunks(
    tables,
    8,
    Array.from({ length: Math.ceil(terms / 8) }, (_, chunk) => 8 * chunk),
  );
}

/** The tables alone: per four channels biases, multipliers and negative shifts. */
export const tablesOfFour = (tables: Tables): Int32Array =>
  packedChunks({ ...tables, weights: new Int8Array(0) }, 0, []);

/** Instructions of nn_conv2d_pairs_mve for two pixels with sums of `terms` products. */
export function instructionsPerPair(terms: number, channels: number): number {
  const chunks = chunksOf(terms);
  return 24 + Math.ceil(channels / 4) * (chunks === 1 ? 35 : 42 + 16 * (chunks - 1));
}

/** One step of a walk over an image: it reads the input from `first` on (Infinity: not at all), then writes up to `end`. */
export interface WalkStep {
  readonly first: number;
  readonly end: number;
}

/**
 * `lead` of a kernel with these steps in order: every step must end before the first byte that a later one reads. With
 * `rereads` a step may read again after it wrote, and must end before its own first byte as well.
 */
export function leadOfWalk(steps: readonly WalkStep[], inputBytes: number, rereads = false): number {
  let lead = -inputBytes;
  let unread = Number.POSITIVE_INFINITY;
  for (const { first, end } of steps.toReversed()) {
    if (rereads) unread = Math.min(unread, first);
    lead = Math.max(lead, end - unread);
    unread = Math.min(unread, first);
  }
  return lead;
}

/** `lead` of a fully connected layer that reads a row again for every four features. */
export function leadOfFeatures({ rows, in_features, out_features }: FullyConnectedS8Params): number {
  const walk = Array.from({ length: rows }, (_, row) => ({ first: row * in_features, end: (row + 1) * out_features }));
  return leadOfWalk(walk, rows * in_features, true);
}
