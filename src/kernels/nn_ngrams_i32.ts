import { defineKernel, int32Fields } from "./kernel.js";

export type NgramsParams = { rows: number; columns: number; grams: number; distances: number; results: number };

/** Twin of runtime-c/src/nn_ngrams_i32.c. */
export default defineKernel<NgramsParams>({
  name: "nn_ngrams_i32",
  inputs: 1,
  outputs: 1,
  params: int32Fields("rows columns grams distances results"),
  constants: [
    { name: "pool", type: "int32" },
    { name: "entries", type: "int32" },
  ],
  inPlace: [],
  scratch: () => 0,
  run(p, { inputs, outputs, constants }) {
    const input = inputs[0] as Int32Array;
    const output = outputs[0] as Float32Array;
    const pool = constants.pool as Int32Array;
    const entries = constants.entries as Int32Array;
    output.fill(0, 0, p.rows * p.results);
    for (let row = 0; row < p.rows; row++) {
      const line = row * p.columns;
      let gram = 0;
      for (let g = 0; g < p.grams; g++) {
        const length = entries[2 * g];
        const result = row * p.results + entries[2 * g + 1];
        const distances = length === 1 ? 1 : p.distances;
        for (let distance = 1; distance <= distances; distance++) {
          const last = p.columns - distance * (length - 1);
          for (let first = 0; first < last; first++) {
            let k = 0;
            while (k < length && input[line + first + k * distance] === pool[gram + k]) k++;
            if (k === length) output[result] = Math.fround(output[result] + 1);
          }
        }
        gram += length;
      }
    }
  },
});
