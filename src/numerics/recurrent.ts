/**
 * The functions f, g and h of ONNX RNN, GRU and LSTM: in float32, and as tables of 16 bits for the int8 kernels. Twin of
 * templates/kernels/recurrent_f32.c.hbs and recurrent_s8.c.hbs.
 */
import { expm1F32, softplusF32 } from "./float_log.js";
import { clampF32, sigmoidF32, tanhF32 } from "./float_math.js";
import { roundHalfEven } from "./requantize.js";
import { unaryFunctions } from "./unary_functions.js";

const fround = Math.fround;

interface Activation {
  readonly name: string;
  /** Values of alpha and beta where the model gives none; as many as the function takes. */
  readonly defaults: readonly number[];
  readonly single: (x: number, alpha: number, beta: number) => number;
  readonly real: (x: number, alpha: number, beta: number) => number;
}

/** In the order in which the kernels number them. */
export const ACTIVATIONS: readonly Activation[] = [
  {
    name: "Relu",
    defaults: [],
    single: (x) => (x < 0 ? 0 : x),
    real: (x) => Math.max(0, x),
  },
  { name: "Tanh", defaults: [], single: tanhF32, real: unaryFunctions.tanh },
  { name: "Sigmoid", defaults: [], single: sigmoidF32, real: unaryFunctions.sigmoid },
  {
    name: "Affine",
    defaults: [1, 0],
    single: (x, alpha, beta) => fround(fround(alpha * x) + beta),
    real: (x, alpha, beta) => alpha * x + beta,
  },
  {
    name: "LeakyRelu",
    defaults: [fround(0.01)],
    single: (x, alpha) => (x < 0 ? fround(alpha * x) : x),
    real: unaryFunctions.leaky_relu,
  },
  {
    name: "ThresholdedRelu",
    defaults: [1],
    single: (x, alpha) => (x < alpha ? 0 : x),
    real: (x, alpha) => (x < alpha ? 0 : x),
  },
  {
    name: "ScaledTanh",
    defaults: [1, 1],
    single: (x, alpha, beta) => fround(alpha * tanhF32(fround(beta * x))),
    real: (x, alpha, beta) => alpha * Math.tanh(beta * x),
  },
  {
    name: "HardSigmoid",
    defaults: [fround(0.2), 0.5],
    single: (x, alpha, beta) => clampF32(fround(fround(alpha * x) + beta), 0, 1),
    real: unaryFunctions.hard_sigmoid,
  },
  {
    name: "Elu",
    defaults: [1],
    single: (x, alpha) => (x < 0 ? fround(alpha * expm1F32(x)) : x),
    real: unaryFunctions.elu,
  },
  {
    name: "Softsign",
    defaults: [],
    single: (x) => fround(x / fround(1 + (x < 0 ? -x : x))),
    real: unaryFunctions.softsign,
  },
  { name: "Softplus", defaults: [], single: softplusF32, real: unaryFunctions.softplus },
];

/** The scale of the cell state, and of the sums of gates, of int8 layers: 16 bits reach from -16 to 16. */
export const CELL_SCALE = 2 ** -11;

/** A real function of one number. */
export type Real = (x: number) => number;

export const TABLE_ENTRIES = 257;

/** A function of arguments in [-reach, reach), stored with the given number of steps for 1, in 16 bits. */
export interface FunctionTable {
  readonly values: Int16Array;
  /** A power of two. */
  readonly reach: number;
  /** Largest difference from the stored real function over all arguments, in steps; beyond the reach too. */
  readonly error: number;
}

interface TableRange {
  readonly least: number;
  readonly most: number;
  readonly tolerance: number;
  readonly within?: readonly [number, number];
}

const LIMIT = 32767;
const bounded = (x: number) => Math.max(-LIMIT, Math.min(LIMIT, x));

/**
 * The table of the least power of two, within [least, most], beyond which the function changes by no more than
 * `tolerance` steps, or of `most`. Stored results outside of `within` are as good as its ends.
 */
export function functionTable(
  real: Real,
  steps: number,
  { least, most, tolerance, within = [-LIMIT, LIMIT] }: TableRange,
): FunctionTable {
  const [low, high] = within;
  const useful = (value: number) => Math.max(low, Math.min(high, value));
  const stored = (x: number) => bounded(real(x) * steps);
  let reach = least;
  const beyond = (sign: number) => Math.abs(useful(stored(sign * reach)) - useful(stored(sign * 2 ** 16)));
  while (reach < most && Math.max(beyond(1), beyond(-1)) > tolerance) reach *= 2;
  const argument = (at: number) => ((at - 32768) / 32768) * reach;
  const values = Int16Array.from({ length: TABLE_ENTRIES }, (_, i) => roundHalfEven(stored(argument(256 * i))));
  let error = Math.max(beyond(1), beyond(-1));
  for (let at = 0; at < 65536; at += 16) {
    const difference = Math.abs(useful(interpolate(values, 0, at - 32768)) - useful(stored(argument(at))));
    if (difference > error) error = difference;
  }
  return { values, reach, error };
}

/** The entry of a table of 257 values from `first` on, straight lines between them. @param x in 16 bits */
export function interpolate(tables: Int16Array, first: number, x: number): number {
  const at = x + 32768;
  const i = first + (at >> 8);
  return tables[i] + (((tables[i + 1] - tables[i]) * (at & 255) + 128) >> 8);
}
