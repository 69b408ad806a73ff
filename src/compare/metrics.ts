/**
 * How far one float output is from another: the vocabulary of ST's X-CUBE-AI `validate` (evaluation report and
 * metrics), over any number of rows in constant memory. A Comparison is a running sum; addRow gives a new one.
 */

export interface Comparison {
  readonly rows: number;
  /** Rows whose largest element stands at the same index in both. */
  readonly sameClass: number;
  /** Elements per row; 0 before the first row. */
  readonly width: number;
  readonly error: Moments;
  readonly reference: Moments;
  readonly sumAbsoluteError: number;
  readonly sumSquaredError: number;
  readonly sumSquaredOutput: number;
  readonly sumSquaredReference: number;
  readonly sumProduct: number;
}

/** Count, mean and sum of squared deviations from the mean. */
interface Moments {
  readonly count: number;
  readonly mean: number;
  readonly deviation: number;
}

/** error = output - reference, over all elements of all rows; null where the ratio is undefined. */
export interface Metrics {
  /** Share of the rows with the same top-1 class, 0..1; null for rows of one element. */
  readonly acc: number | null;
  /** Root of the mean squared error. */
  readonly rmse: number;
  /** Mean absolute error. */
  readonly mae: number;
  /** L2 relative error ||error|| / ||reference||; null when the reference is all zero and the output is not. */
  readonly l2r: number | null;
  /** Mean error. */
  readonly mean: number;
  /** Standard deviation of the error (of the population). */
  readonly std: number;
  /** Nash-Sutcliffe efficiency 1 - sum(error^2) / sum((reference - mean(reference))^2), at most 1; null for a constant reference. */
  readonly nse: number | null;
  /** Cosine of the angle between output and reference, -1..1; null when one of them is all zero. */
  readonly cos: number | null;
}

const NO_MOMENTS: Moments = { count: 0, mean: 0, deviation: 0 };

export const EMPTY_COMPARISON: Comparison = {
  rows: 0,
  sameClass: 0,
  width: 0,
  error: NO_MOMENTS,
  reference: NO_MOMENTS,
  sumAbsoluteError: 0,
  sumSquaredError: 0,
  sumSquaredOutput: 0,
  sumSquaredReference: 0,
  sumProduct: 0,
};

/** @param output, reference one row each, of equal length and as long as the rows before. */
export function addRow(sum: Comparison, output: ArrayLike<number>, reference: ArrayLike<number>): Comparison {
  const width = output.length;
  if (reference.length !== width || width === 0 || (sum.rows > 0 && sum.width !== width)) {
    throw new RangeError(`rows of ${output.length} and ${reference.length} elements, ${sum.width} before`);
  }
  let meanError = 0;
  let meanReference = 0;
  for (let i = 0; i < width; i++) {
    meanError += (output[i] - reference[i]) / width;
    meanReference += reference[i] / width;
  }
  let errorDeviation = 0;
  let referenceDeviation = 0;
  let absolute = 0;
  let squared = 0;
  let squaredOutput = 0;
  let squaredReference = 0;
  let product = 0;
  for (let i = 0; i < width; i++) {
    const error = output[i] - reference[i];
    errorDeviation += (error - meanError) ** 2;
    referenceDeviation += (reference[i] - meanReference) ** 2;
    absolute += Math.abs(error);
    squared += error * error;
    squaredOutput += output[i] * output[i];
    squaredReference += reference[i] * reference[i];
    product += output[i] * reference[i];
  }
  return {
    rows: sum.rows + 1,
    sameClass: sum.sameClass + (topClass(output) === topClass(reference) ? 1 : 0),
    width,
    error: mergeMoments(sum.error, { count: width, mean: meanError, deviation: errorDeviation }),
    reference: mergeMoments(sum.reference, { count: width, mean: meanReference, deviation: referenceDeviation }),
    sumAbsoluteError: sum.sumAbsoluteError + absolute,
    sumSquaredError: sum.sumSquaredError + squared,
    sumSquaredOutput: sum.sumSquaredOutput + squaredOutput,
    sumSquaredReference: sum.sumSquaredReference + squaredReference,
    sumProduct: sum.sumProduct + product,
  };
}

/** Chan, Golub, LeVeque (1983): moments of the union; no cancellation as in E[x^2] - E[x]^2. */
function mergeMoments(a: Moments, b: Moments): Moments {
  const count = a.count + b.count;
  const delta = b.mean - a.mean;
  return {
    count,
    mean: a.mean + (delta * b.count) / count,
    deviation: a.deviation + b.deviation + (delta * delta * a.count * b.count) / count,
  };
}

/** The metrics of at least one row. */
export function metrics(sum: Comparison): Metrics {
  const { count } = sum.error;
  if (count === 0) throw new RangeError("no rows were compared");
  const relative = ratio(sum.sumSquaredError, sum.sumSquaredReference);
  const unexplained = ratio(sum.sumSquaredError, sum.reference.deviation);
  return {
    acc: sum.width > 1 ? sum.sameClass / sum.rows : null,
    rmse: Math.sqrt(sum.sumSquaredError / count),
    mae: sum.sumAbsoluteError / count,
    l2r: relative === null ? null : Math.sqrt(relative),
    mean: sum.error.mean,
    std: Math.sqrt(sum.error.deviation / count),
    nse: unexplained === null ? null : 1 - unexplained,
    cos: cosine(sum),
  };
}

/** 0 / 0 is 0 here: no error, whatever the scale. */
function ratio(error: number, scale: number): number | null {
  if (error === 0) return 0;
  return scale === 0 ? null : error / scale;
}

/** 1 for two zero vectors, null when one of them is zero. */
function cosine({ sumProduct, sumSquaredOutput, sumSquaredReference, sumSquaredError }: Comparison): number | null {
  if (sumSquaredError === 0) return 1;
  if (sumSquaredOutput === 0 || sumSquaredReference === 0) return null;
  const value = sumProduct / (Math.sqrt(sumSquaredOutput) * Math.sqrt(sumSquaredReference));
  return Math.max(-1, Math.min(1, value));
}

/**
 * Signal-to-noise ratio in dB, 10 log10(sum(reference^2) / sum(error^2)); Infinity when output and reference are equal.
 */
export function snr(sum: Comparison): number {
  if (sum.sumSquaredError === 0) return Number.POSITIVE_INFINITY;
  return 10 * Math.log10(sum.sumSquaredReference / sum.sumSquaredError);
}

/** A ratio in dB as text; "exact" where there is no error. */
export const decibels = (ratio: number): string => (Number.isFinite(ratio) ? ratio.toFixed(1) : "exact");

/** Index of the largest element, the first of equal ones. */
export function topClass(row: ArrayLike<number>): number {
  let top = 0;
  for (let i = 1; i < row.length; i++) if (row[i] > row[top]) top = i;
  return top;
}

/** Share of the rows whose top class is the label, 0..1; labels beyond the last row do not count. */
export function accuracy(rows: Iterable<ArrayLike<number>>, labels: ArrayLike<number>): number {
  let count = 0;
  let right = 0;
  for (const row of rows) if (topClass(row) === labels[count++]) right++;
  if (count === 0 || count > labels.length) throw new RangeError(`${count} rows and ${labels.length} labels`);
  return right / count;
}
