import { clampF32, expF32, sigmoidF32, tanhF32 } from "../numerics/float_math.js";
import { defineKernel, floatFields, int32Fields } from "./kernel.js";

/** Values of the field `operation`; the C enumeration nn_unary_operation. */
export const UNARY_OPERATIONS = {
  leaky_relu: 0,
  sigmoid: 1,
  tanh: 2,
  hard_sigmoid: 3,
  hard_swish: 4,
  clip: 5,
  exp: 6,
  neg: 7,
  abs: 8,
  reciprocal: 9,
} as const;

const fround = Math.fround;
const SIXTH = fround(1 / 6);

const FUNCTIONS: readonly ((x: number, alpha: number, beta: number) => number)[] = [
  (x, alpha) => (x < 0 ? fround(alpha * x) : x),
  sigmoidF32,
  tanhF32,
  (x, alpha, beta) => clampF32(fround(fround(alpha * x) + beta), 0, 1),
  (x) => fround(x * clampF32(fround(fround(x * SIXTH) + 0.5), 0, 1)),
  clampF32,
  expF32,
  (x) => -x,
  Math.abs,
  (x) => fround(1 / x),
];

export type UnaryF32Params = { operation: number; count: number; alpha: number; beta: number };

/** Twin of runtime-c/src/nn_unary_f32.c. */
export default defineKernel<UnaryF32Params>({
  name: "nn_unary_f32",
  isa: "c",
  inputs: 1,
  outputs: 1,
  params: [...int32Fields("operation count"), ...floatFields("alpha beta")],
  constants: [],
  inPlace: [[0, 0]],
  scratch: () => 0,
  run(p, { inputs, outputs }) {
    const input = inputs[0] as Float32Array;
    const output = outputs[0] as Float32Array;
    const apply = FUNCTIONS[p.operation];
    const alpha = fround(p.alpha);
    const beta = fround(p.beta);
    for (let i = 0; i < p.count; i++) output[i] = apply(input[i], alpha, beta);
  },
});
