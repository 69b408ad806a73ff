import { defineKernel, int32Fields } from "./kernel.js";

export type DetF32Params = { count: number; size: number };

/** Twin of runtime-c/src/nn_det_f32.c. */
export default defineKernel<DetF32Params>({
  name: "nn_det_f32",
  inputs: 1,
  outputs: 1,
  params: int32Fields("count size"),
  constants: [],
  inPlace: [],
  scratch: (p) => 4 * Math.max(1, p.size * p.size),
  run({ count, size }, { inputs, outputs }) {
    const fround = Math.fround;
    const area = size * size;
    for (let m = 0; m < count; m++) {
      const a = (inputs[0] as Float32Array).slice(m * area, (m + 1) * area);
      let result = 1;
      for (let k = 0; k < size; k++) {
        let pivot = k;
        for (let row = k + 1; row < size; row++) {
          if (Math.abs(a[row * size + k]) > Math.abs(a[pivot * size + k])) pivot = row;
        }
        if (pivot !== k) {
          for (let col = k; col < size; col++) {
            const value = a[k * size + col];
            a[k * size + col] = a[pivot * size + col];
            a[pivot * size + col] = value;
          }
          result = -result;
        }
        const top = a[k * size + k];
        result = fround(result * top);
        if (top === 0) break;
        for (let row = k + 1; row < size; row++) {
          const factor = fround(a[row * size + k] / top);
          for (let col = k + 1; col < size; col++) {
            const product = fround(factor * a[k * size + col]);
            a[row * size + col] = fround(a[row * size + col] - product);
          }
        }
      }
      outputs[0][m] = result;
    }
  },
});
