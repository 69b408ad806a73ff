import { requantize } from "../numerics/requantize.js";
import { channelwise, countKept } from "./channels.js";
import { defineKernel, int32Fields } from "./kernel.js";

export type MeanS8Params = {
  outer: number;
  count: number;
  inner: number;
  in_zero_point: number;
  out_zero_point: number;
  out_min: number;
  out_max: number;
  multiplier: number;
  shift: number;
};

function store(p: MeanS8Params, acc: number): number {
  return requantize(acc, p.multiplier, p.shift, p.out_zero_point, p.out_min, p.out_max);
}

/** Twin of runtime-c/src/nn_mean_s8.c. */
export default defineKernel<MeanS8Params>({
  name: "nn_mean_s8",
  inputs: 1,
  outputs: 1,
  params: int32Fields("outer count inner in_zero_point out_zero_point out_min out_max multiplier shift"),
  constants: [],
  inPlace: [],
  /** Along the last axis every channel would depend on all. */
  channels(p) {
    if (p.inner === 1) return undefined;
    const mean = (value: number) => store(p, p.count * (value - p.in_zero_point));
    return channelwise(
      p.inner,
      1,
      ([{ min, max }]) => [{ min: min.map(mean), max: max.map(mean) }],
      (kept) => ({ params: { ...p, inner: countKept(kept) } }),
    );
  },
  scratch: () => 0,
  run(p, { inputs, outputs }) {
    const input = inputs[0] as Int8Array;
    const output = outputs[0] as Int8Array;
    for (let outer = 0; outer < p.outer; outer++) {
      for (let inner = 0; inner < p.inner; inner++) {
        let acc = -p.count * p.in_zero_point;
        for (let i = 0; i < p.count; i++) acc += input[(outer * p.count + i) * p.inner + inner];
        output[outer * p.inner + inner] = store(p, acc);
      }
    }
  },
});
