/** Convolutions in double precision, by the way opposite to the kernels': every input value is spread to the outputs. */
export interface ConvolutionShape {
  readonly batch: number;
  readonly in_h: number;
  readonly in_w: number;
  readonly in_c: number;
  readonly out_h: number;
  readonly out_w: number;
  readonly out_c: number;
  readonly kernel_h: number;
  readonly kernel_w: number;
  readonly groups: number;
}

/** The output position that input position `at` reaches through tap `k`; need not be an integer or inside. */
export type Landing = (at: number, k: number) => number;

/** Where input reaches output in a convolution. */
export const convolutionLanding =
  (stride: number, dilation: number, pad: number): Landing =>
  (at, k) =>
    (at + pad - k * dilation) / stride;

/** Where input reaches output in a transposed convolution. */
export const transposedLanding =
  (stride: number, dilation: number, pad: number): Landing =>
  (at, k) =>
    at * stride + k * dilation - pad;

/**
 * @param weight value for output channel, kernel row, kernel column and input channel within the group
 * @returns [batch][out_h][out_w][out_c]
 */
export function spread(
  p: ConvolutionShape,
  landingY: Landing,
  landingX: Landing,
  input: Float32Array,
  weight: (oc: number, ky: number, kx: number, ic: number) => number,
  bias: Float32Array,
): number[] {
  const groupIn = p.in_c / p.groups;
  const groupOut = p.out_c / p.groups;
  const output = Array.from({ length: p.batch * p.out_h * p.out_w * p.out_c }, (_, i) => bias[i % p.out_c]);
  input.forEach((value, at) => {
    const c = at % p.in_c;
    const pixel = Math.floor(at / p.in_c);
    const x = pixel % p.in_w;
    const y = Math.floor(pixel / p.in_w) % p.in_h;
    const n = Math.floor(pixel / p.in_w / p.in_h);
    const group = Math.floor(c / groupIn);
    for (let ky = 0; ky < p.kernel_h; ky++) {
      for (let kx = 0; kx < p.kernel_w; kx++) {
        const oy = landingY(y, ky);
        const ox = landingX(x, kx);
        if (!Number.isInteger(oy) || !Number.isInteger(ox)) continue;
        if (oy < 0 || oy >= p.out_h || ox < 0 || ox >= p.out_w) continue;
        for (let oc = group * groupOut; oc < (group + 1) * groupOut; oc++) {
          output[((n * p.out_h + oy) * p.out_w + ox) * p.out_c + oc] += value * weight(oc, ky, kx, c % groupIn);
        }
      }
    }
  });
  return output;
}
