import fc from "fast-check";
import { expect, test } from "vitest";
import { invertUpper, solveRow, upperFactor } from "../../src/numerics/cholesky.js";

/** B B^T + I. */
function definite(b: readonly number[], n: number): Float64Array {
  return Float64Array.from({ length: n * n }, (_, at) => {
    const [i, j] = [Math.floor(at / n), at % n];
    let sum = i === j ? 1 : 0;
    for (let k = 0; k < n; k++) sum += b[i * n + k] * b[j * n + k];
    return sum;
  });
}

const matrices = fc
  .integer({ min: 1, max: 7 })
  .chain((n) =>
    fc.tuple(
      fc.constant(n),
      fc.array(fc.double({ min: -2, max: 2, noNaN: true }), { minLength: n * n, maxLength: n * n }),
    ),
  );

test("the factor, its inverse and the solution satisfy their equations", () => {
  fc.assert(
    fc.property(matrices, ([n, b]) => {
      const a = definite(b, n);
      const r = upperFactor(a, n)!;
      const u = invertUpper(r, n);
      for (let i = 0; i < n; i++) {
        for (let j = 0; j < n; j++) {
          let product = 0;
          let identity = 0;
          for (let k = 0; k < n; k++) {
            product += r[i * n + k] * r[j * n + k];
            identity += r[i * n + k] * u[k * n + j];
          }
          expect(product).toBeCloseTo(a[i * n + j], 8);
          expect(identity).toBeCloseTo(i === j ? 1 : 0, 8);
          if (j < i) expect(r[i * n + j]).toBe(0);
        }
      }
      const x = Float64Array.from({ length: n }, (_, i) => i - 1.5);
      const right = Float64Array.from({ length: n }, (_, j) => x.reduce((sum, xi, i) => sum + xi * a[i * n + j], 0));
      solveRow(u, n, right).forEach((value, i) => {
        expect(value).toBeCloseTo(x[i], 7);
      });
    }),
  );
});

test("says when a matrix is not positive definite", () => {
  expect(upperFactor(Float64Array.of(1, 2, 2, 1), 2)).toBeUndefined();
});
