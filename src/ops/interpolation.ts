/** ONNX Resize along one axis: where outputs lie in the input, and the neighbours that make them up. */

/** One axis of a Resize. */
export interface ResizeAxis {
  readonly input: number;
  readonly output: number;
  readonly scale: number;
  /** Part of the input that tf_crop_and_resize takes, in units of its extent. */
  readonly crop: readonly [start: number, end: number];
}

export interface ResizeModes {
  readonly mode: "nearest" | "linear" | "cubic";
  readonly coordinates: string;
  readonly nearest: string;
  readonly cubicA: number;
  readonly antialias: boolean;
  readonly excludeOutside: boolean;
}

/** Output coordinate -> input coordinate, by coordinate_transformation_mode. */
const COORDINATES: Record<string, (x: number, axis: ResizeAxis) => number> = {
  asymmetric: (x, { scale }) => x / scale,
  half_pixel: (x, { scale }) => (x + 0.5) / scale - 0.5,
  half_pixel_symmetric: (x, { scale, input, output }) =>
    (input / 2) * (1 - output / (scale * input)) + (x + 0.5) / scale - 0.5,
  pytorch_half_pixel: (x, { scale, output }) => (output > 1 ? (x + 0.5) / scale - 0.5 : 0),
  // The last element of the output that the scale means, which need not be a whole number.
  align_corners: (x, { scale, input, output }) => (output > 1 ? (x * (input - 1)) / (scale * input - 1) : 0),
  tf_half_pixel_for_nn: (x, { scale }) => (x + 0.5) / scale,
  tf_crop_and_resize: (x, { input, output, crop: [start, end] }) =>
    output > 1
      ? start * (input - 1) + (x * (end - start) * (input - 1)) / (output - 1)
      : ((start + end) * (input - 1)) / 2,
};

const ROUNDINGS: Record<string, (x: number) => number> = {
  round_prefer_floor: (x) => Math.ceil(x - 0.5),
  round_prefer_ceil: (x) => Math.floor(x + 0.5),
  floor: Math.floor,
  ceil: Math.ceil,
};

export const COORDINATE_MODES: ReadonlySet<string> = new Set(Object.keys(COORDINATES));
export const NEAREST_MODES: ReadonlySet<string> = new Set(Object.keys(ROUNDINGS));

/** Input coordinate of every output; undefined outside the input, which tf_crop_and_resize alone minds. */
function coordinatesOf(axis: ResizeAxis, { coordinates }: ResizeModes): (number | undefined)[] {
  const inside = (x: number) => coordinates !== "tf_crop_and_resize" || (x >= 0 && x <= axis.input - 1);
  return Array.from({ length: axis.output }, (_, o) => {
    const x = COORDINATES[coordinates](o, axis);
    return inside(x) ? x : undefined;
  });
}

const clampIndex = (i: number, { input }: ResizeAxis) => Math.max(0, Math.min(input - 1, i));

/** The neighbour of every output; undefined: outside. */
export function nearestIndices(axis: ResizeAxis, modes: ResizeModes): (number | undefined)[] {
  const round = ROUNDINGS[modes.nearest];
  return coordinatesOf(axis, modes).map((x) => (x === undefined ? undefined : clampIndex(round(x), axis)));
}

/** Weight of a neighbour at `distance`: the triangle of linear, the spline of cubic interpolation. */
function kernelOf({ mode, cubicA: a }: ResizeModes): (distance: number) => number {
  if (mode === "linear") return (d) => Math.max(0, 1 - Math.abs(d));
  return (distance) => {
    const d = Math.abs(distance);
    if (d <= 1) return ((a + 2) * d - (a + 3)) * d * d + 1;
    return d < 2 ? ((a * d - 5 * a) * d + 8 * a) * d - 4 * a : 0;
  };
}

/** Weights of the neighbours of input coordinate x, by index; those beyond the ends count for the end elements. */
function neighbours(x: number, axis: ResizeAxis, modes: ResizeModes): Map<number, number> {
  const kernel = kernelOf(modes);
  const shrink = modes.antialias ? Math.min(1, axis.scale) : 1;
  const reach = (modes.mode === "linear" ? 1 : 2) / shrink;
  const found: [index: number, weight: number][] = [];
  for (let i = Math.ceil(x - reach); i <= Math.floor(x + reach); i++) {
    const outside = i < 0 || i >= axis.input;
    if (!(modes.excludeOutside && outside)) found.push([i, kernel((i - x) * shrink)]);
  }
  const sum = found.reduce((total, [, weight]) => total + weight, 0);
  const normal = modes.antialias || modes.excludeOutside ? sum : 1;
  const weights = new Map<number, number>();
  for (const [i, weight] of found) {
    const at = clampIndex(i, axis);
    if (weight !== 0) weights.set(at, (weights.get(at) ?? 0) + weight / normal);
  }
  return weights;
}

/** Windows of `taps` neighbours from `start` on, with their weights; start undefined: outside. */
export interface Interpolation {
  readonly taps: number;
  readonly starts: readonly (number | undefined)[];
  readonly weights: readonly (readonly number[])[];
}

export function interpolation(axis: ResizeAxis, modes: ResizeModes): Interpolation {
  const sums =
    modes.mode === "nearest"
      ? nearestIndices(axis, modes).map((i) => (i === undefined ? undefined : new Map([[i, 1]])))
      : coordinatesOf(axis, modes).map((x) => (x === undefined ? undefined : neighbours(x, axis, modes)));
  const extents = sums.map((sum) => (sum ? Math.max(...sum.keys()) - Math.min(...sum.keys()) + 1 : 1));
  const taps = Math.max(...extents);
  const starts = sums.map((sum) => sum && Math.min(axis.input - taps, ...sum.keys()));
  return {
    taps,
    starts,
    weights: sums.map((sum, o) => Array.from({ length: taps }, (_, k) => sum?.get(starts[o]! + k) ?? 0)),
  };
}

/** Weights in units of 1 / one, each row summing to `one` exactly; undefined where int16 does not hold them. */
export function wholeWeights({ weights }: Interpolation, one: number): Int16Array | undefined {
  const rows = weights.map((row) => {
    const whole = row.map((w) => Math.round(w * one));
    const largest = whole.indexOf(Math.max(...whole));
    if (row.some((w) => w !== 0)) whole[largest] += one - whole.reduce((a, b) => a + b, 0);
    return whole;
  });
  const all = rows.flat();
  return all.every((w) => w >= -32768 && w <= 32767) ? Int16Array.from(all) : undefined;
}
