/** acc + sum of x[from + i] * w[at + i], i < count, in int32. Twin of nn_dot_s8. */
export function dot(acc: number, x: Int8Array, from: number, w: Int8Array, at: number, count: number): number {
  let a = acc | 0;
  let b = 0;
  let i = 0;
  for (; i + 4 <= count; i += 4) {
    a = (a + x[from + i] * w[at + i] + x[from + i + 1] * w[at + i + 1]) | 0;
    b = (b + x[from + i + 2] * w[at + i + 2] + x[from + i + 3] * w[at + i + 3]) | 0;
  }
  for (; i < count; i++) a = (a + x[from + i] * w[at + i]) | 0;
  return (a + b) | 0;
}

/**
 * Sums of four consecutive rows of `w` (each `count` long, from `at` on) with one x, added to acc[0..3]: reading x once
 * for four rows is what makes the host reference quick.
 */
export function dotFour(acc: Int32Array, x: Int8Array, from: number, w: Int8Array, at: number, count: number): void {
  let a = acc[0];
  let b = acc[1];
  let c = acc[2];
  let d = acc[3];
  const atB = at + count;
  const atC = atB + count;
  const atD = atC + count;
  for (let i = 0; i < count; i++) {
    const v = x[from + i];
    a = (a + v * w[at + i]) | 0;
    b = (b + v * w[atB + i]) | 0;
    c = (c + v * w[atC + i]) | 0;
    d = (d + v * w[atD + i]) | 0;
  }
  acc[0] = a;
  acc[1] = b;
  acc[2] = c;
  acc[3] = d;
}

/** acc[k] = bias[k] + row k of `w` times x, for `rows` rows from `at` on. */
export function dotRows(
  acc: Int32Array,
  bias: Int32Array,
  x: Int8Array,
  from: number,
  w: Int8Array,
  first: number,
  rows: number,
  count: number,
): void {
  const four = new Int32Array(4);
  let row = 0;
  for (; row + 4 <= rows; row += 4) {
    for (let k = 0; k < 4; k++) four[k] = bias[first + row + k];
    dotFour(four, x, from, w, (first + row) * count, count);
    acc.set(four, row);
  }
  for (; row < rows; row++) acc[row] = dot(bias[first + row], x, from, w, (first + row) * count, count);
}

/** dotRows for int16 values: sums may leave int32. */
export function dotRowsS16(
  acc: Float64Array,
  bias: Int32Array,
  x: Int16Array,
  from: number,
  w: Int8Array,
  first: number,
  rows: number,
  count: number,
): void {
  for (let row = 0; row < rows; row++) {
    const at = (first + row) * count;
    let sum = bias[first + row];
    for (let i = 0; i < count; i++) sum += x[from + i] * w[at + i];
    acc[row] = sum;
  }
}
