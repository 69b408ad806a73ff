import { defineKernel, floatFields, int32Fields } from "./kernel.js";

export type RoiAlignF32Params = {
  rois: number;
  batch: number;
  channels: number;
  in_h: number;
  in_w: number;
  out_h: number;
  out_w: number;
  sampling_ratio: number;
  half_pixel: number;
  maximum: number;
  spatial_scale: number;
};

const fround = Math.fround;

/** A region along one axis: where bins begin, how large they are and in how many samples they are divided. */
interface Bins {
  readonly begin: number;
  readonly size: number;
  readonly samples: number;
}

/** The two elements along one axis between which a sample lies. */
interface Between {
  readonly low: number;
  readonly high: number;
  readonly above: number;
}

function binsOf(p: RoiAlignF32Params, from: number, to: number, count: number): Bins {
  const centre = p.half_pixel ? 0.5 : 0;
  const begin = fround(fround(from * p.spatial_scale) - centre);
  let extent = fround(fround(fround(to * p.spatial_scale) - centre) - begin);
  if (!p.half_pixel && !(extent >= 1)) extent = 1;
  const size = fround(extent / count);
  const adaptive = size > 0 ? Math.min(32768, Math.ceil(size)) : 0;
  return { begin, size, samples: p.sampling_ratio > 0 ? p.sampling_ratio : adaptive };
}

function locate({ begin, size, samples }: Bins, bin: number, sample: number, length: number): Between | undefined {
  const inner = fround(fround(fround(sample + 0.5) * size) / samples);
  const at = fround(fround(begin + fround(bin * size)) + inner);
  if (!(at >= -1 && at <= length)) return undefined;
  const inside = Math.max(0, at);
  const low = Math.trunc(inside);
  if (low >= length - 1) return { low: length - 1, high: length - 1, above: 0 };
  return { low, high: low + 1, above: fround(inside - low) };
}

/** Twin of runtime-c/src/nn_roi_align_f32.c; shapes and units stand in its header. */
export default defineKernel<RoiAlignF32Params>({
  name: "nn_roi_align_f32",
  inputs: 3,
  outputs: 1,
  params: [
    ...int32Fields("rois batch channels in_h in_w out_h out_w sampling_ratio half_pixel maximum"),
    ...floatFields("spatial_scale"),
  ],
  constants: [],
  inPlace: [],
  scratch: () => 0,
  run(p, { inputs, outputs }) {
    const input = inputs[0] as Float32Array;
    const rois = inputs[1] as Float32Array;
    const indices = inputs[2] as BigInt64Array;
    const output = outputs[0] as Float32Array;
    const sampleAt = (plane: number, y: Between | undefined, x: Between | undefined) => {
      if (!y || !x) return 0;
      const weighted = (v: number, row: number, h: number, column: number) =>
        fround(fround(v * h) * input[plane + row * p.in_w + column]);
      const [v, h] = [fround(1 - y.above), fround(1 - x.above)];
      const a = weighted(v, y.low, h, x.low);
      const b = weighted(v, y.low, x.above, x.high);
      const c = weighted(y.above, y.high, h, x.low);
      const d = weighted(y.above, y.high, x.above, x.high);
      if (!p.maximum) return fround(fround(fround(a + b) + c) + d);
      const upper = a > b ? a : b;
      const lower = c > d ? c : d;
      return upper > lower ? upper : lower;
    };
    const pool = (plane: number, height: Bins, width: Bins, oy: number, ox: number) => {
      const count = height.samples * width.samples;
      let result = 0;
      for (let i = 0; i < count; i++) {
        const y = locate(height, oy, Math.floor(i / width.samples), p.in_h);
        const x = locate(width, ox, i % width.samples, p.in_w);
        const value = sampleAt(plane, y, x);
        if (!p.maximum) result = fround(result + value);
        else if (i === 0 || value > result) result = value;
      }
      return p.maximum || count === 0 ? result : fround(result / fround(count));
    };
    let out = 0;
    for (let roi = 0; roi < p.rois; roi++) {
      const [x1, y1, x2, y2] = rois.subarray(4 * roi, 4 * roi + 4);
      const height = binsOf(p, y1, y2, p.out_h);
      const width = binsOf(p, x1, x2, p.out_w);
      const image = Number(indices[roi]);
      const known = image >= 0 && image < p.batch;
      for (let c = 0; c < p.channels; c++) {
        const plane = (image * p.channels + c) * p.in_h * p.in_w;
        for (let oy = 0; oy < p.out_h; oy++) {
          for (let ox = 0; ox < p.out_w; ox++) output[out++] = known ? pool(plane, height, width, oy, ox) : 0;
        }
      }
    }
  },
});
