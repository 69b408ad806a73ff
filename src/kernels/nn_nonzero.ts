import { defineKernel, int32Fields } from "./kernel.js";

export type NonZeroParams = { rank: number; shape: readonly number[] };

/** Twin of runtime-c/src/nn_nonzero.c. */
export default defineKernel<NonZeroParams>({
  name: "nn_nonzero",
  inputs: 1,
  outputs: 2,
  params: [...int32Fields("rank"), { name: "shape", type: "int32_t", length: 8 }],
  constants: [],
  inPlace: [],
  scratch: () => 0,
  run(p, { inputs, outputs }) {
    const input = inputs[0] as Uint8Array;
    const output = outputs[0] as BigInt64Array;
    const count = input.reduce((sum, x) => sum + Number(x !== 0), 0);
    output.fill(0n);
    let kept = 0;
    for (let i = 0; i < input.length; i++) {
      if (input[i] === 0) continue;
      let rest = i;
      for (let axis = p.rank - 1; axis >= 0; axis--) {
        output[axis * count + kept] = BigInt(rest % p.shape[axis]);
        rest = Math.floor(rest / p.shape[axis]);
      }
      kept++;
    }
    outputs[1][0] = count;
  },
});
