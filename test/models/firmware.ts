/** Firmware of the models of ../shared, compiled for this computer or the simulator, and run on their data. */
import { join } from "node:path";
import type { Compiled } from "../../src/compile.js";
import { loadBoard } from "../../src/device/boards.js";
import { openDevice } from "../../src/device/device.js";
import { elementCount, newArray } from "../../src/graph/ir.js";
import { realValues, storedValues } from "../../src/host/values.js";
import { writeTree } from "../../src/io/files.js";
import { openProject, type Project } from "../../src/project/open.js";
import { platformioProject } from "../../src/project/platformio.js";
import type { Rows } from "../../src/quantize/calibrate.js";

export const board = loadBoard("qemu-cortex-m4");

/** A project in `folder`/`name`. */
export async function writeProject(compiled: Compiled, folder: string, name: string): Promise<Project> {
  await writeTree(join(folder, name), platformioProject(compiled, board, { file: "model.onnx", sha256: "" }));
  return openProject(join(folder, name));
}

/** Real values of the first output for every row, from the C code compiled for this computer. */
export async function nativeOutputs(project: Project, data: Rows): Promise<Float32Array[]> {
  const device = await openDevice(project, "host");
  const { program } = project;
  const inputs = program.inputs.map((id) => program.tensors[id]);
  const output = program.tensors[program.outputs[0]];
  const results: Float32Array[] = [];
  for (let i = 0; i < data.rows; i++) {
    const stored = data.row(i).map((real, k) => storedValues(inputs[k], real));
    const reply = await device.run(stored.map((x) => new Uint8Array(x.buffer, x.byteOffset, x.byteLength)));
    const values = newArray(output.type, elementCount(output.shape));
    new Uint8Array(values.buffer).set(reply.outputs[0].subarray(0, values.byteLength));
    results.push(realValues(output, values));
  }
  await device.close();
  return results;
}

/** Share of the rows with the class that `expected` gives. */
export function share(
  outputs: readonly Float32Array[],
  expected: (output: Float32Array, row: number) => boolean,
): number {
  return outputs.filter(expected).length / outputs.length;
}

/** Signal to noise in dB over all rows. */
export function decibel(outputs: readonly Float32Array[], reference: readonly Float32Array[]): number {
  let noise = 0;
  let signal = 0;
  outputs.forEach((output, i) => {
    output.forEach((value, k) => {
      noise += (value - reference[i][k]) ** 2;
      signal += reference[i][k] ** 2;
    });
  });
  return 10 * Math.log10(signal / Math.max(noise, 1e-30));
}

export function firstRows(data: Rows, count: number): Rows {
  return { rows: Math.min(data.rows, count), row: data.row };
}

/** N,H,W,C -> N,C,H,W of a square image of three channels. */
export function channelsFirst(row: Float32Array): Float32Array {
  const pixels = row.length / 3;
  return row.map((_, i) => row[(i % pixels) * 3 + Math.floor(i / pixels)]);
}
