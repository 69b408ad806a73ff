/** What the element by element kernels for the DSP extension share: rows of the output, four elements at a time. */
import type { BroadcastParams } from "../broadcast_params.js";
import type { Cost } from "../variant.js";

/** Why rows cannot be taken four elements at a time, if so. */
export function rowsRefused({ a_stride, b_stride, shape }: BroadcastParams): string | undefined {
  if (shape[5] > 1 && (a_stride[5] > 1 || b_stride[5] > 1)) return "elements of a row are not neighbours";
  return undefined;
}

type Rows = BroadcastParams & { out_min: number; out_max: number };

/** @param four instructions and cycles per four elements of rows that neither repeat a value nor are clamped */
export function rowCost({ shape, a_stride, b_stride, out_min, out_max }: Rows, four: Cost): Cost {
  const rows = shape.slice(0, 5).reduce((x, y) => x * y, 1);
  const plain = a_stride[5] * b_stride[5] === 1 && out_min === -128 && out_max === 127;
  const more = plain ? 0 : 8;
  const groups = Math.floor(shape[5] / 4) + (shape[5] % 4);
  return {
    instructions: rows * (110 + groups * (four.instructions + more)),
    cycles: rows * (150 + groups * (four.cycles + more)),
  };
}
