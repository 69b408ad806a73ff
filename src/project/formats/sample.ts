/** A built-in input of a packaged model and the output that belongs to it, so that an example can check the firmware by itself. */
import { cLines } from "../../emit/c_literals.js";
import { elementCount, newArray, type TypedArray } from "../../graph/ir.js";
import type { Program, ProgramTensor } from "../../graph/program.js";
import { pattern } from "../../host/pattern.js";
import { hostProgram, runRow } from "../../host/run.js";

/** Outputs of more elements are printed up to here. */
const MOST_SHOWN = 32;

/** Reals lie in [-1, 1). Integers that are no quantised values may be indices, for which 0 alone is always allowed. */
function sampleInput({ type, shape }: ProgramTensor, seed: number): TypedArray {
  const count = elementCount(shape);
  if (type === "int8") return Int8Array.from(pattern(count, seed), (byte) => byte - 128);
  return type === "float32" ? Float32Array.from(pattern(count, seed), (byte) => byte / 128 - 1) : newArray(type, count);
}

/** C has no empty arrays. */
const table = (lines: string[], count: number) => (count > 0 ? { count, lines } : { count: 1, lines: ["0,"] });

/** What `templates/example/sample.h` prints. The output is that of the first call, from the initial state. */
export function sampleView(program: Program) {
  const inputs = program.inputs.map((id, i) => sampleInput(program.tensors[id], i + 1));
  const outputs = runRow(hostProgram(program), program, inputs);
  return {
    inputs: inputs.map((data, i) => table(cLines(program.tensors[program.inputs[i]].type, data), data.length)),
    outputs: outputs.map(({ buffer, byteOffset, byteLength }) =>
      table(cLines("uint8", new Uint8Array(buffer, byteOffset, byteLength)), byteLength),
    ),
  };
}

/** How many elements of an output an example prints, and whether there are more. */
export const shownOf = (elements: number) => ({ shown: Math.min(elements, MOST_SHOWN), cut: elements > MOST_SHOWN });
