/** Symmetric positive definite systems, dense and in float64. Matrices are n x n, row-major. */

/** The upper triangular R with R R^T = A, or undefined where A is not positive definite. Only the upper half of A is read. */
export function upperFactor(a: Float64Array, n: number): Float64Array | undefined {
  const r = new Float64Array(n * n);
  for (let j = n - 1; j >= 0; j--) {
    for (let i = j; i >= 0; i--) {
      let sum = a[i * n + j];
      const ri = i * n;
      const rj = j * n;
      for (let k = j + 1; k < n; k++) sum -= r[ri + k] * r[rj + k];
      if (i < j) r[ri + j] = sum / r[rj + j];
      else if (sum > 0) r[rj + j] = Math.sqrt(sum);
      else return undefined;
    }
  }
  return r;
}

/** The inverse of an upper triangular matrix. */
export function invertUpper(r: Float64Array, n: number): Float64Array {
  const inverse = new Float64Array(n * n);
  for (let i = n - 1; i >= 0; i--) {
    const row = inverse.subarray(i * n, (i + 1) * n);
    row[i] = 1;
    for (let k = i + 1; k < n; k++) {
      const factor = r[i * n + k];
      if (factor === 0) continue;
      const other = k * n;
      for (let j = k; j < n; j++) row[j] -= factor * inverse[other + j];
    }
    const pivot = r[i * n + i];
    for (let j = i; j < n; j++) row[j] /= pivot;
  }
  return inverse;
}

/** x with x A = b, given U = R^-1 of upperFactor: x = b U^T U. */
export function solveRow(u: Float64Array, n: number, b: Float64Array): Float64Array {
  const between = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    let sum = 0;
    for (let j = i; j < n; j++) sum += u[i * n + j] * b[j];
    between[i] = sum;
  }
  const x = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    const factor = between[i];
    for (let j = i; j < n; j++) x[j] += factor * u[i * n + j];
  }
  return x;
}
