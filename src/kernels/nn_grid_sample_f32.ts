import { defineKernel, int32Fields } from "./kernel.js";

export type GridSampleF32Params = {
  batch: number;
  channels: number;
  in_d: number;
  in_h: number;
  in_w: number;
  points: number;
  axes: number;
  taps: number;
  padding: number;
  align_corners: number;
};

const fround = Math.fround;

/** Numbers of the padding modes. */
export const GRID_PADDINGS: readonly string[] = ["zeros", "border", "reflection"];
const ZEROS = 0;
const REFLECTION = 2;

interface Neighbours {
  readonly index: number[];
  readonly weight: number[];
}

function roundEven(x: number): number {
  if (!(x > -8388608 && x < 8388608)) return x;
  const below = Math.floor(x);
  const rest = fround(x - below);
  return rest > 0.5 || (rest === 0.5 && (below & 1) !== 0) ? below + 1 : below;
}

function reflect(x: number, min: number, max: number): number {
  if (!(x < min || x > max)) return Number.isNaN(x) ? min : x;
  const range = fround(max - min);
  const beyond = fround(x < min ? min - x : x - max);
  if (!(beyond < fround(range * 1048576))) return min;
  const turns = Math.trunc(fround(beyond / range));
  const rest = fround(beyond - fround(turns * range));
  return x < min === (turns % 2 === 0) ? fround(min + rest) : fround(max - rest);
}

function padded(p: GridSampleF32Params, i: number, size: number, min: number, max: number): number {
  if (i >= 0 && i < size) return i;
  if (p.padding === ZEROS) return -1;
  const at = p.padding === REFLECTION ? Math.trunc(reflect(i, min, max)) : i;
  return Math.max(0, Math.min(size - 1, at));
}

/** The outer pieces of the cubic convolution. */
function outer(x: number): number {
  const d = fround(x + 1);
  const inner = fround(fround(fround(fround(fround(-0.75 * d) + 3.75) * d) - 6) * d);
  return fround(inner + 3);
}

/** The inner pieces. */
function inner(x: number): number {
  return fround(fround(fround(fround(fround(1.25 * x) - 2.25) * x) * x) + 1);
}

function weightsAt(rest: number, taps: number): number[] {
  if (taps === 1) return [1];
  const other = fround(1 - rest);
  return taps === 2 ? [other, rest] : [outer(rest), inner(rest), inner(other), outer(other)];
}

function locate(p: GridSampleF32Params, n: number, size: number): Neighbours {
  const min = p.align_corners ? 0 : -0.5;
  const max = fround(size - (p.align_corners ? 1 : 0.5));
  const shifted = fround(n + 1);
  let x = p.align_corners ? fround(fround(shifted / 2) * (size - 1)) : fround(fround(fround(shifted * size) - 1) / 2);
  if (p.taps === 1) x = roundEven(x);
  if (p.padding === REFLECTION) x = reflect(x, min, max);
  else if (!(x >= -3)) x = -3;
  else if (x > size + 2) x = size + 2;
  const base = Math.floor(x);
  const first = base - (p.taps === 4 ? 1 : 0);
  return {
    index: Array.from({ length: p.taps }, (_, k) => padded(p, first + k, size, min, max)),
    weight: weightsAt(fround(x - base), p.taps),
  };
}

/** Twin of runtime-c/src/nn_grid_sample_f32.c; shapes and units stand in its header. */
export default defineKernel<GridSampleF32Params>({
  name: "nn_grid_sample_f32",
  inputs: 2,
  outputs: 1,
  params: int32Fields("batch channels in_d in_h in_w points axes taps padding align_corners"),
  constants: [],
  inPlace: [],
  scratch: () => 0,
  run(p, { inputs, outputs }) {
    const input = inputs[0] as Float32Array;
    const grid = inputs[1] as Float32Array;
    const output = outputs[0] as Float32Array;
    const sum = (first: number, z: Neighbours, y: Neighbours, x: Neighbours) => {
      let volume = 0;
      z.index.forEach((iz, kz) => {
        let plane = 0;
        if (iz >= 0) {
          y.index.forEach((iy, ky) => {
            let row = 0;
            const from = first + (iz * p.in_h + iy) * p.in_w;
            if (iy >= 0) {
              x.index.forEach((ix, kx) => {
                row = fround(row + fround(x.weight[kx] * (ix >= 0 ? input[from + ix] : 0)));
              });
            }
            plane = fround(plane + fround(y.weight[ky] * row));
          });
        }
        volume = fround(volume + fround(z.weight[kz] * plane));
      });
      return volume;
    };
    for (let n = 0; n < p.batch; n++) {
      for (let i = 0; i < p.points; i++) {
        const at = (n * p.points + i) * p.axes;
        const z = p.axes === 3 ? locate(p, grid[at + 2], p.in_d) : { index: [0], weight: [1] };
        const y = locate(p, grid[at + 1], p.in_h);
        const x = locate(p, grid[at], p.in_w);
        for (let c = 0; c < p.channels; c++) {
          const plane = n * p.channels + c;
          output[plane * p.points + i] = sum(plane * p.in_d * p.in_h * p.in_w, z, y, x);
        }
      }
    }
  },
});
