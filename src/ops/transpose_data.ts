/** Reorders the axes of constant data, and of its per-channel quantisation. */
import type { Quantization, Tensor, TypedArray } from "../graph/ir.js";
import { elementCount, newArray, strides } from "../graph/ir.js";

/** Result axis i is source axis perm[i]. */
export function transposeData(
  data: TypedArray,
  type: Tensor["type"],
  shape: readonly number[],
  perm: readonly number[],
): TypedArray {
  const source = strides(shape);
  const outShape = perm.map((axis) => shape[axis]);
  const step = perm.map((axis) => source[axis]);
  const count = elementCount(shape);
  const result = newArray(type, count) as Float64Array;
  const index = new Array<number>(perm.length).fill(0);
  let from = 0;
  for (let to = 0; to < count; to++) {
    result[to] = (data as Float64Array)[from];
    for (let axis = perm.length - 1; axis >= 0; axis--) {
      from += step[axis];
      if (++index[axis] < outShape[axis]) break;
      from -= step[axis] * outShape[axis];
      index[axis] = 0;
    }
  }
  return result;
}

/** The constant with permuted axes under a new name. */
export function transposeConstant(tensor: Tensor, perm: readonly number[], name: string): Tensor {
  const q = tensor.quantization;
  const quantization: Quantization | undefined = q && q.axis !== undefined ? { ...q, axis: perm.indexOf(q.axis) } : q;
  return {
    name,
    type: tensor.type,
    shape: perm.map((axis) => tensor.shape[axis]),
    data: transposeData(tensor.data!, q?.type ?? tensor.type, tensor.shape, perm),
    ...(quantization && { quantization }),
  };
}
