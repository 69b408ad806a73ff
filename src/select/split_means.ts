/**
 * A mean over the rows of an image as two steps, the sums and their requantisation, and back. The sums can be added up row by
 * row as the rows are made, so that the image in front of the mean never is there as a whole. The results are the same.
 */
import type { Program, ProgramTensor, Step } from "../graph/program.js";
import type { MeanS8Params } from "../kernels/nn_mean_s8.js";
import type { RequantizeS32S8Params } from "../kernels/nn_requantize_s32_s8.js";
import type { SumRowsS8Params } from "../kernels/nn_sum_rows_s8.js";

/** Rows of the image that a mean takes in: the second axis of [1, height, width, channels]. */
function imageRows({ params, inputs }: Step, tensors: readonly ProgramTensor[]): number | undefined {
  const { outer, count, inner } = params as MeanS8Params;
  const { shape } = tensors[inputs[0]];
  const [batch, height, width, channels] = shape;
  const isImage = shape.length === 4 && batch === 1 && channels === inner && height * width === count;
  return outer === 1 && isImage && height > 1 ? height : undefined;
}

/** The program with sums in the place of means over images, or the same program where there are none. */
export function splitMeans(program: Program): Program {
  const tensors = [...program.tensors];
  const steps = program.steps.flatMap((step): Step[] => {
    const rows = step.kernel === "nn_mean_s8" ? imageRows(step, tensors) : undefined;
    if (rows === undefined) return [step];
    const { count, inner, in_zero_point, ...p } = step.params as MeanS8Params;
    const { multiplier, shift, out_zero_point, out_min, out_max } = p;
    const { name } = tensors[step.outputs[0]];
    const sums = tensors.length;
    tensors.push({ id: sums, name: `${name}_sums`, type: "int32", shape: [inner] });
    const ofSums: SumRowsS8Params = { rows, count: count / rows, inner, in_zero_point, made: 0 };
    const ofMean: RequantizeS32S8Params = { count: inner, multiplier, shift, out_zero_point, out_min, out_max };
    return [
      { ...step, kernel: "nn_sum_rows_s8", outputs: [sums], params: ofSums },
      { ...step, kernel: "nn_requantize_s32_s8", inputs: [sums], params: ofMean, macs: 0 },
    ];
  });
  return steps.length === program.steps.length ? program : { ...program, tensors, steps };
}

/** The program with means again, as splitMeans took it. */
export function joinMeans(program: Program): Program {
  const sumsOf = new Map(
    program.steps.flatMap((step) => (step.kernel === "nn_sum_rows_s8" ? [[step.outputs[0], step] as const] : [])),
  );
  const steps = program.steps.flatMap((step): Step[] => {
    if (step.kernel === "nn_sum_rows_s8") return [];
    const sums = step.kernel === "nn_requantize_s32_s8" ? sumsOf.get(step.inputs[0]) : undefined;
    if (!sums) return [step];
    const { rows, count, inner, in_zero_point } = sums.params as SumRowsS8Params;
    const { count: _, ...p } = step.params as RequantizeS32S8Params;
    const params: MeanS8Params = { outer: 1, count: rows * count, inner, in_zero_point, ...p };
    return [{ ...step, kernel: "nn_mean_s8", inputs: sums.inputs, params, macs: sums.macs }];
  });
  // splitMeans put the sums behind all other tensors.
  const isSum = ({ id }: ProgramTensor) => sumsOf.has(id);
  const end = program.tensors.findLastIndex((tensor) => !isSum(tensor)) + 1;
  return sumsOf.size === 0 ? program : { ...program, tensors: program.tensors.slice(0, end), steps };
}
