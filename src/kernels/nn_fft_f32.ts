import { defineKernel, floatFields, int32Fields } from "./kernel.js";

export type FftParams = {
  batch: number;
  frames: number;
  batch_stride: number;
  frame_stride: number;
  sample_stride: number;
  samples: number;
  components: number;
  window_stride: number;
  odd: number;
  doublings: number;
  bins: number;
  out_batch_stride: number;
  out_frame_stride: number;
  out_bin_stride: number;
  scale: number;
};

const lengthOf = (p: FftParams) => p.odd * 2 ** p.doublings;

/** The lowest `bits` bits of `value` in reverse order. */
function reversed(value: number, bits: number): number {
  let result = 0;
  for (let i = 0; i < bits; i++) result = (result << 1) | ((value >> i) & 1);
  return result;
}

/** Twin of runtime-c/src/nn_fft_f32.c. */
export default defineKernel<FftParams>({
  name: "nn_fft_f32",
  inputs: 2,
  outputs: 1,
  params: [
    ...int32Fields("batch frames batch_stride frame_stride sample_stride samples components window_stride odd"),
    ...int32Fields("doublings bins out_batch_stride out_frame_stride out_bin_stride"),
    ...floatFields("scale"),
  ],
  constants: [{ name: "turns", type: "float32" }],
  inPlace: [],
  scratch: (p) => 8 * lengthOf(p),
  run(p, { inputs, outputs, constants }) {
    const fround = Math.fround;
    const [input, window] = inputs as Float32Array[];
    const output = outputs[0] as Float32Array;
    const turns = constants.turns as Float32Array;
    const length = lengthOf(p);
    const values = new Float32Array(2 * length);

    /** values = short transforms of every 2^doublings-th sample, the first of them at x. */
    const shortTransforms = (x: number) => {
      const lines = 2 ** p.doublings;
      for (let r = 0; r < lines; r++) {
        const line = reversed(r, p.doublings) * p.odd;
        for (let q = 0; q < p.odd; q++) {
          let re = 0;
          let im = 0;
          let turn = 0;
          for (let i = r; i < p.samples && i < length; i += lines) {
            const at = x + i * p.sample_stride;
            const w = window[i * p.window_stride];
            const a = fround(input[at] * w);
            const b = p.components === 2 ? fround(input[at + 1] * w) : 0;
            const c = turns[2 * turn];
            const s = turns[2 * turn + 1];
            re = fround(re + fround(fround(a * c) - fround(b * s)));
            im = fround(im + fround(fround(a * s) + fround(b * c)));
            turn += q * lines;
            if (turn >= length) turn -= length;
          }
          values[2 * (line + q)] = re;
          values[2 * (line + q) + 1] = im;
        }
      }
    };

    /** Two transforms of `half` values become one of twice as many, until one is left. */
    const combine = () => {
      for (let half = p.odd; half < length; half *= 2) {
        const step = length / (2 * half);
        for (let start = 0; start < length; start += 2 * half) {
          for (let q = 0; q < half; q++) {
            const low = 2 * (start + q);
            const high = low + 2 * half;
            const c = turns[2 * q * step];
            const s = turns[2 * q * step + 1];
            const re = fround(fround(values[high] * c) - fround(values[high + 1] * s));
            const im = fround(fround(values[high] * s) + fround(values[high + 1] * c));
            values[high] = fround(values[low] - re);
            values[high + 1] = fround(values[low + 1] - im);
            values[low] = fround(values[low] + re);
            values[low + 1] = fround(values[low + 1] + im);
          }
        }
      }
    };

    for (let b = 0; b < p.batch; b++) {
      for (let f = 0; f < p.frames; f++) {
        shortTransforms(b * p.batch_stride + f * p.frame_stride);
        combine();
        const out = b * p.out_batch_stride + f * p.out_frame_stride;
        for (let k = 0; k < p.bins; k++) {
          output[out + k * p.out_bin_stride] = fround(values[2 * k] * p.scale);
          output[out + k * p.out_bin_stride + 1] = fround(values[2 * k + 1] * p.scale);
        }
      }
    }
  },
});
