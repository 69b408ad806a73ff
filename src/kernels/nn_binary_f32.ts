import { clampF32 } from "../numerics/float_math.js";
import { BROADCAST_FIELDS, type BroadcastParams, forEachPair } from "./broadcast_params.js";
import { defineKernel, floatFields, int32Fields } from "./kernel.js";

/** Values of the field `operation`; the C enumeration nn_binary_operation. */
export const BINARY_OPERATIONS = { add: 0, sub: 1, mul: 2, div: 3, min: 4, max: 5 } as const;

const FUNCTIONS: readonly ((a: number, b: number) => number)[] = [
  (a, b) => a + b,
  (a, b) => a - b,
  (a, b) => a * b,
  (a, b) => a / b,
  // Not Math.min and Math.max: those order -0 before 0, which the comparison in C does not.
  (a, b) => (b < a ? b : a),
  (a, b) => (b > a ? b : a),
];

export type BinaryF32Params = BroadcastParams & { operation: number; out_min: number; out_max: number };

/** Twin of runtime-c/src/nn_binary_f32.c. */
export default defineKernel<BinaryF32Params>({
  name: "nn_binary_f32",
  isa: "c",
  inputs: 2,
  outputs: 1,
  params: [...int32Fields("operation"), ...BROADCAST_FIELDS, ...floatFields("out_min out_max")],
  constants: [],
  inPlace: [
    [0, 0],
    [1, 0],
  ],
  scratch: () => 0,
  run(p, { inputs, outputs }) {
    const [a, b] = inputs as Float32Array[];
    const output = outputs[0] as Float32Array;
    const apply = FUNCTIONS[p.operation];
    forEachPair(p, (x, y, out) => {
      output[out] = clampF32(Math.fround(apply(a[x], b[y])), p.out_min, p.out_max);
    });
  },
});
