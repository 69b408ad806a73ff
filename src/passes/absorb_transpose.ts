/** A Transpose on the far side of a Reshape disappears into the weights of the Gemm that reads or writes it. */
import type { GraphEdit } from "../graph/edit.js";
import type { Node, Tensor } from "../graph/ir.js";
import { elementCount, newArray, strides } from "../graph/ir.js";
import { permOf } from "../ops/Transpose.js";

/** Element i of the permuted block is element order[i] of the original one. */
function permutedOrder(shape: readonly number[], perm: readonly number[]): number[] {
  const own = strides(shape);
  const target = perm.map((axis) => shape[axis]);
  const step = strides(target);
  return Array.from({ length: elementCount(shape) }, (_, i) =>
    perm.reduce((sum, axis, position) => sum + (Math.floor(i / step[position]) % target[position]) * own[axis], 0),
  );
}

/** Gemm(Reshape(Transpose(x))): the columns of the weights take the order of x. */
export function absorbIntoGemmColumns(edit: GraphEdit, gemm: Node): boolean {
  const reshape = edit.producer(gemm.inputs[0]);
  const transpose = reshape?.operator === "Reshape" ? edit.producer(reshape.inputs[0]) : undefined;
  if (!reshape || transpose?.operator !== "Transpose") return false;
  const x = edit.tensor(transpose.inputs[0]);
  const perm = permOf(transpose);
  const flat = edit.tensor(reshape.outputs[0]);
  if (perm[0] !== 0 || flat.shape[0] !== x.shape[0]) return false;
  const weights = edit.tensor(gemm.inputs[1]);
  const columns = weights.shape[1];
  const order = permutedOrder(
    x.shape.slice(1),
    perm.slice(1).map((axis) => axis - 1),
  );
  // Column i multiplied the transposed element i, which is element order[i] of x.
  const position = new Array<number>(columns);
  order.forEach((from, i) => {
    position[from] = i;
  });
  const name = permuteWeights(edit, weights, weights.shape, (i) => i - (i % columns) + position[i % columns]);
  const direct = edit.add(reshape, "Reshape", [x.name], { shape: flat.shape }, { quantization: flat.quantization });
  edit.replace(gemm, { ...gemm, inputs: [direct, name, ...gemm.inputs.slice(2)] });
  return true;
}

/** Transpose(Reshape(Gemm(x))): the rows of the weights take the order of the result. */
export function absorbIntoGemmRows(edit: GraphEdit, transpose: Node): boolean {
  const reshape = edit.producer(transpose.inputs[0]);
  const gemm = reshape?.operator === "Reshape" ? edit.producer(reshape.inputs[0]) : undefined;
  if (!reshape || gemm?.operator !== "Gemm") return false;
  const perm = permOf(transpose);
  const block = edit.tensor(reshape.outputs[0]);
  const product = edit.tensor(gemm.outputs[0]);
  const sole = edit.soleConsumer(gemm.outputs[0]) === reshape && edit.soleConsumer(reshape.outputs[0]) === transpose;
  if (!sole || perm[0] !== 0 || block.shape[0] !== product.shape[0]) return false;
  const order = permutedOrder(
    block.shape.slice(1),
    perm.slice(1).map((axis) => axis - 1),
  );
  const weights = edit.tensor(gemm.inputs[1]);
  const columns = weights.shape[1];
  const inputs = [
    gemm.inputs[0],
    permuteWeights(edit, permuteScales(weights, order), weights.shape, (i) => {
      return order[Math.floor(i / columns)] * columns + (i % columns);
    }),
  ];
  if (gemm.inputs[2]) {
    const bias = edit.tensor(gemm.inputs[2]);
    inputs.push(permuteWeights(edit, permuteScales(bias, order), bias.shape, (i) => order[i]));
  }
  const { shape, quantization } = edit.tensor(transpose.outputs[0]);
  const rows = edit.add(gemm, "Gemm", inputs, gemm.attributes, { quantization: product.quantization });
  edit.remove(transpose);
  edit.add(reshape, "Reshape", [rows], { shape }, { output: transpose.outputs[0], quantization });
  return true;
}

function permuteScales(tensor: Tensor, order: readonly number[]): Tensor {
  const q = tensor.quantization;
  if (!q || q.scale.length === 1) return tensor;
  return {
    ...tensor,
    quantization: { ...q, scale: order.map((i) => q.scale[i]), zeroPoint: order.map((i) => q.zeroPoint[i]) },
  };
}

function permuteWeights(
  edit: GraphEdit,
  tensor: Tensor,
  shape: readonly number[],
  source: (index: number) => number,
): string {
  const data = newArray(tensor.quantization?.type ?? tensor.type, elementCount(shape)) as Float64Array;
  for (let i = 0; i < data.length; i++) data[i] = (tensor.data as Float64Array)[source(i)];
  return edit.addConstant({ ...tensor, name: edit.uniqueName(`${tensor.name}_layout`), shape, data });
}
