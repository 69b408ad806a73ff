/**
 * How kernels walk the rows of images: what the planner needs to let an output overlap its input, and to call a kernel
 * on a band of rows instead of the whole image.
 */
import { tapsBefore, type WindowParams } from "./image_params.js";

/** A parameter of a call on a band: `times` the rows of the band. */
export interface BandField {
  /** Field of the parameter struct, with the index of an array's element. */
  readonly name: string;
  readonly index?: number;
  /** Rows of the output, rows of the input that the band may read, rows of padding above those, or rows made before. */
  readonly of: "outRows" | "inRows" | "padTop" | "made";
  readonly times: number;
}

/**
 * Rows of a call. Row `o` of the output sees the rows [o * stride - padTop, o * stride - padTop + window) of every
 * input; those outside [0, inRows) are padding.
 */
export interface Rows {
  readonly inRows: number;
  readonly outRows: number;
  readonly window: number;
  readonly stride: number;
  readonly padTop: number;
  /** What changes in a call on a band. Pointers move by whole rows. */
  readonly fields: readonly BandField[];
  /** Positions of inputs that every band reads whole: operands without rows. */
  readonly whole: readonly number[];
  /** The output has no rows: a call adds its rows to all of it. */
  readonly accumulates?: true;
}

/**
 * Rows of a kernel with a window. Undefined for a batch, which is no image, and where a row of the output sees padding
 * alone.
 */
export function windowRows(p: WindowParams): Rows | undefined {
  const { in_h: inRows, out_h: outRows, stride_h: stride, pad_top: padTop } = p;
  const window = (p.kernel_h - 1) * p.dilation_h + 1;
  if (p.batch !== 1 || padTop >= window || (outRows - 1) * stride - padTop >= inRows) return undefined;
  const field = (name: string, of: BandField["of"]): BandField => ({ name, of, times: 1 });
  const fields = [field("in_h", "inRows"), field("out_h", "outRows"), field("pad_top", "padTop")];
  return { inRows, outRows, window, stride, padTop, fields, whole: [] };
}

function eachRow(rows: number, fields: readonly BandField[], whole: readonly number[] = []): Rows {
  return { inRows: rows, outRows: rows, window: 1, stride: 1, padTop: 0, fields, whole };
}

/** Rows of a kernel that takes elements, or blocks of them, one after the other; `field` says how many. */
export function countRows(field: string): (p: Readonly<Record<string, unknown>>, rows?: number) => Rows | undefined {
  return (p, rows) => {
    const count = p[field] as number;
    if (rows === undefined || count % rows !== 0) return undefined;
    return eachRow(rows, [{ name: field, of: "outRows", times: count / rows }]);
  };
}

/** Rows of a kernel that sums rows; `made` of its parameters counts those of the calls before. */
export function sumRows(rows: number): Rows {
  const fields = [
    { name: "rows", of: "outRows", times: 1 },
    { name: "made", of: "made", times: 1 },
  ] as const;
  return { ...eachRow(rows, fields), accumulates: true };
}

type Strided = {
  readonly shape: readonly number[];
  readonly a_stride: readonly number[];
  readonly b_stride: readonly number[];
};

/** Rows of a kernel of two operands that broadcast: the outermost axis is cut, and an operand without it is whole. */
export function broadcastRows({ shape, a_stride, b_stride }: Strided, rows?: number): Rows | undefined {
  const axis = Math.max(
    0,
    shape.findIndex((size) => size > 1),
  );
  if (rows === undefined || shape[axis] % rows !== 0) return undefined;
  const whole = [a_stride, b_stride].flatMap((stride, input) => (stride[axis] === 0 && rows > 1 ? [input] : []));
  return eachRow(rows, [{ name: "shape", index: axis, of: "outRows", times: shape[axis] / rows }], whole);
}

/**
 * Least number of bytes by which the output must start before the input so that a kernel which writes pixel by pixel,
 * in order, never writes over bytes that it is still to read. Negative where it may start behind.
 * @param inBytes, outBytes of a pixel
 * @param element bytes that the kernel writes before it reads again
 */
export function windowLead(p: WindowParams, inBytes: number, outBytes: number, element: number): number {
  /** First position along an axis that the window of an output reads; `size` for none. */
  const firstRead = (out: number, stride: number, pad: number, dilation: number, kernel: number, size: number) => {
    const from = out * stride - pad;
    return Math.min(size, from + tapsBefore(-from, dilation, kernel) * dilation);
  };
  const columns = Array.from({ length: p.out_w }, (_, x) =>
    firstRead(x, p.stride_w, p.pad_left, p.dilation_w, p.kernel_w, p.in_w),
  );
  let lead = -p.batch * p.in_h * p.in_w * inBytes;
  let unread = Number.POSITIVE_INFINITY;
  for (let row = p.batch * p.out_h - 1; row >= 0; row--) {
    const image = Math.floor(row / p.out_h) * p.in_h;
    const y = image + firstRead(row % p.out_h, p.stride_h, p.pad_top, p.dilation_h, p.kernel_h, p.in_h);
    for (let x = p.out_w - 1; x >= 0; x--) {
      const end = (row * p.out_w + x + 1) * outBytes;
      lead = Math.max(lead, end - unread);
      unread = Math.min(unread, (y * p.in_w + columns[x]) * inBytes);
      if (outBytes > element) lead = Math.max(lead, end - element - unread);
    }
  }
  return lead;
}
