/** Better integer weights and biases of one layer, see round_weights.ts. */
import { invertUpper, solveRow, upperFactor } from "../../numerics/cholesky.js";
import { roundHalfEven } from "../../numerics/requantize.js";
import type { LayerForm } from "./layer_inputs.js";

export interface LayerToImprove {
  readonly form: LayerForm;
  /** Whether weights may change, or biases alone. */
  readonly withWeights: boolean;
  /** Of the float model; the bias one per output. */
  readonly weights: Float32Array;
  readonly bias: Float32Array;
  readonly stored: Int8Array;
  readonly storedBias: Int32Array;
  /** Largest weight that may be stored. */
  readonly most: number;
  /** Per output channel. */
  readonly scale: readonly number[];
  readonly biasScale: readonly number[];
  /** Clamp of the outputs. */
  readonly min: number;
  readonly max: number;
  /** Inputs of each row: of the float model, and those that the int8 layers before give. */
  readonly exact: readonly Float32Array[];
  readonly rounded: readonly Float32Array[];
}

export interface ImprovedLayer {
  readonly stored: Int8Array;
  readonly storedBias: Int32Array;
  readonly kept: "nothing" | "bias" | "weights";
  /** See RoundedLayer. */
  readonly gain: number;
}

/** Input vectors of a layer that are looked at, in all rows together: at most so many, and fewer for long ones. */
const MOST_VECTORS = 2048;
const MOST_PRODUCTS = 2 ** 28;
/** Longer input vectors are rounded in blocks of this length, each for itself. */
const MOST_INPUTS = 768;
/** Of the mean diagonal of the products: keeps weights where the rows do not say. */
const DAMPINGS = [0.02, 0.3];
/** Every so many rows one is left out of the choice, and judges it. */
const JUDGES = 4;

interface Vectors {
  readonly count: number;
  readonly exact: Float64Array;
  readonly rounded: Float64Array;
}

export function improveLayer(layer: LayerToImprove): ImprovedLayer {
  const { form } = layer;
  const all = layer.exact.map((_, row) => row);
  const judges = all.length < 2 ? all : all.filter((row) => row % JUDGES === JUDGES - 1 || row === all.length - 1);
  const chosen = all.length < 2 ? all : all.filter((row) => !judges.includes(row));
  const judge = judgeOf(layer, judges);
  const before = judge(layer.stored, layer.storedBias);
  const trials = [undefined, ...(layer.withWeights ? DAMPINGS : [])].map((damping) => ({
    damping,
    stored: layer.stored.slice(),
    storedBias: layer.storedBias.slice(),
  }));
  for (let group = 0; group < form.groups; group++) {
    const moments = momentsOf(gatherVectors(layer, chosen, group), form.inputs);
    for (const { damping, stored, storedBias } of trials) {
      if (damping !== undefined) roundGroup(layer, group, moments, damping, stored);
      correctBias(layer, group, moments, stored, storedBias);
    }
  }
  let best: ImprovedLayer = { stored: layer.stored, storedBias: layer.storedBias, kept: "nothing", gain: 0 };
  let least = before;
  for (const { damping, stored, storedBias } of trials) {
    const error = judge(stored, storedBias);
    if (error >= least) continue;
    least = error;
    const kept = damping === undefined ? "bias" : "weights";
    best = { stored, storedBias, kept, gain: 10 * Math.log10(before / Math.max(error, 1e-300)) };
  }
  return best;
}

/** Vectors of a group, spread over the positions of the given rows. */
function gatherVectors({ form, exact, rounded }: LayerToImprove, rows: readonly number[], group: number): Vectors {
  const most = Math.min(MOST_VECTORS, MOST_PRODUCTS / form.inputs ** 2);
  const each = Math.max(1, Math.min(form.positions, Math.floor(most / rows.length)));
  const count = each * rows.length;
  const vectors = {
    count,
    exact: new Float64Array(count * form.inputs),
    rounded: new Float64Array(count * form.inputs),
  };
  let at = 0;
  for (const row of rows) {
    for (let i = 0; i < each; i++) {
      // Not the same columns in every row: the rest of the division moves the positions on.
      const position = Math.floor(((i + (row % 7) / 7) * form.positions) / each) % form.positions;
      form.gather(exact[row], position, group, vectors.exact.subarray(at, at + form.inputs));
      form.gather(rounded[row], position, group, vectors.rounded.subarray(at, at + form.inputs));
      at += form.inputs;
    }
  }
  return vectors;
}

interface Moments {
  readonly meanExact: Float64Array;
  readonly meanRounded: Float64Array;
  /** Covariance of the rounded inputs: its upper half. */
  readonly products: Float64Array;
  /** (exact - rounded) x rounded, both about their means: rows are the elements of exact. */
  readonly residual: Float64Array;
}

function momentsOf({ count, exact, rounded }: Vectors, n: number): Moments {
  const meanExact = new Float64Array(n);
  const meanRounded = new Float64Array(n);
  for (let v = 0; v < count; v++) {
    for (let k = 0; k < n; k++) {
      meanExact[k] += exact[v * n + k] / count;
      meanRounded[k] += rounded[v * n + k] / count;
    }
  }
  const products = new Float64Array(n * n);
  const residual = new Float64Array(n * n);
  const x = new Float64Array(n);
  const difference = new Float64Array(n);
  for (let v = 0; v < count; v++) {
    for (let k = 0; k < n; k++) {
      x[k] = rounded[v * n + k] - meanRounded[k];
      difference[k] = exact[v * n + k] - meanExact[k] - x[k];
    }
    for (let i = 0; i < n; i++) {
      const a = x[i] / count;
      const d = difference[i] / count;
      const to = i * n;
      if (a !== 0) for (let j = i; j < n; j++) products[to + j] += a * x[j];
      if (d !== 0) for (let j = 0; j < n; j++) residual[to + j] += d * x[j];
    }
  }
  return { meanExact, meanRounded, products, residual };
}

/** Rounds the weights of a group into `stored`. */
function roundGroup(layer: LayerToImprove, group: number, moments: Moments, damping: number, stored: Int8Array): void {
  const { inputs, outputs } = layer.form;
  for (let first = 0; first < inputs; first += MOST_INPUTS) {
    const n = Math.min(MOST_INPUTS, inputs - first);
    const block = submatrix(moments.products, inputs, first, n);
    let trace = 0;
    for (let i = 0; i < n; i++) trace += block[i * n + i];
    if (trace === 0) continue;
    for (let i = 0; i < n; i++) block[i * n + i] += (damping * trace) / n;
    const factor = upperFactor(block, n);
    if (!factor) continue;
    const u = invertUpper(factor, n);
    const residual = submatrix(moments.residual, inputs, first, n);
    for (let o = 0; o < outputs; o++) {
      const channel = group * outputs + o;
      const at = channel * inputs + first;
      // Weights of zero stay zero: channels that are not there do not come back.
      if (layer.weights.subarray(at, at + n).every((weight) => weight === 0)) continue;
      const wanted = Float64Array.from(layer.weights.subarray(at, at + n));
      const shift = new Float64Array(n);
      for (let i = 0; i < n; i++) {
        if (wanted[i] === 0) continue;
        for (let j = 0; j < n; j++) shift[j] += wanted[i] * residual[i * n + j];
      }
      solveRow(u, n, shift).forEach((change, i) => {
        wanted[i] += change;
      });
      roundRow(wanted, u, n, { scale: layer.scale[channel], most: layer.most }, stored.subarray(at, at + n));
    }
  }
}

/** Rounds one after the other; what each leaves is spread over those that follow. */
function roundRow(
  wanted: Float64Array,
  u: Float64Array,
  n: number,
  { scale, most }: { readonly scale: number; readonly most: number },
  stored: Int8Array,
): void {
  for (let i = 0; i < n; i++) {
    const q = Math.max(-most, Math.min(most, roundHalfEven(wanted[i] / scale)));
    stored[i] = q;
    const error = (wanted[i] - q * scale) / u[i * n + i];
    for (let j = i + 1; j < n; j++) wanted[j] -= error * u[i * n + j];
  }
}

function submatrix(matrix: Float64Array, size: number, first: number, n: number): Float64Array {
  const result = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    const from = (first + i) * size + first;
    result.set(matrix.subarray(from, from + n), i * n);
  }
  return result;
}

/** The bias that makes the mean of each output what it is in the float model. */
function correctBias(
  { form, weights, bias, scale, biasScale }: LayerToImprove,
  group: number,
  { meanExact, meanRounded }: Moments,
  stored: Int8Array,
  storedBias: Int32Array,
): void {
  for (let o = 0; o < form.outputs; o++) {
    const channel = group * form.outputs + o;
    const at = channel * form.inputs;
    let wanted = bias[channel];
    for (let k = 0; k < form.inputs; k++) {
      wanted += weights[at + k] * meanExact[k] - stored[at + k] * scale[channel] * meanRounded[k];
    }
    const value = roundHalfEven(wanted / biasScale[channel]);
    if (Math.abs(value) < 2 ** 30) storedBias[channel] = value;
  }
}

/** Gives the squared error of the clamped outputs against the float model's, over some positions of the rows. */
function judgeOf(layer: LayerToImprove, rows: readonly number[]) {
  const { form, weights, bias, scale, biasScale, min, max } = layer;
  const { inputs, outputs } = form;
  const clamp = (value: number) => Math.min(max, Math.max(min, value));
  const groups = Array.from({ length: form.groups }, (_, group) => {
    const { count, exact, rounded } = gatherVectors(layer, rows, group);
    const wanted = new Float32Array(count * outputs);
    for (let o = 0; o < outputs; o++) {
      const channel = group * outputs + o;
      for (let v = 0; v < count; v++) {
        wanted[o * count + v] = clamp(bias[channel] + dot(weights, channel * inputs, exact, v * inputs, inputs));
      }
    }
    return { count, rounded, wanted };
  });
  return (stored: Int8Array, storedBias: Int32Array): number => {
    let error = 0;
    groups.forEach(({ count, rounded, wanted }, group) => {
      for (let o = 0; o < outputs; o++) {
        const channel = group * outputs + o;
        const constant = storedBias[channel] * biasScale[channel];
        for (let v = 0; v < count; v++) {
          const product = dot(stored, channel * inputs, rounded, v * inputs, inputs);
          error += (wanted[o * count + v] - clamp(constant + product * scale[channel])) ** 2;
        }
      }
    });
    return error;
  };
}

function dot(a: Float32Array | Int8Array, at: number, b: Float64Array, bt: number, n: number): number {
  let sum = 0;
  for (let k = 0; k < n; k++) sum += a[at + k] * b[bt + k];
  return sum;
}
