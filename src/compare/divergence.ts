/** Where a running firmware first computes something else than the host reference. */
import type { Device } from "../device/device.js";
import { UserError } from "../errors.js";
import { elementCount, newArray, type TypedArray } from "../graph/ir.js";
import type { ProgramTensor } from "../graph/program.js";
import type { Project } from "../project/open.js";

export interface Divergence {
  readonly row: number;
  readonly layer: number;
  readonly node: string;
  readonly operator: string;
  /** Element of the layer's output, and its stored value on either side. */
  readonly index: number;
  readonly host: number;
  readonly target: number;
}

export const bytesOf = (data: TypedArray) => new Uint8Array(data.buffer, data.byteOffset, data.byteLength);

/** Stored bytes as the tensor's elements. */
export function elementsOf(tensor: ProgramTensor, bytes: Uint8Array): TypedArray {
  const data = newArray(tensor.type, elementCount(tensor.shape));
  bytesOf(data).set(bytes.subarray(0, data.byteLength));
  return data;
}

/** Bytes that differ. */
export function differences(a: Uint8Array, b: Uint8Array): number {
  let count = 0;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) count++;
  return count;
}

/** How a layer's output differs from the host's, or null. @param layer position in the order of execution */
function compareLayer(
  { program, plan }: Project,
  row: number,
  layer: number,
  expected: TypedArray,
  bytes: Uint8Array | undefined,
): Divergence | null {
  const step = program.steps[plan.steps[layer]];
  const tensor = program.tensors[step.outputs[0]];
  const wanted = bytesOf(expected);
  if (bytes?.length !== wanted.length) {
    throw new UserError("E_LINK", `the output of layer ${layer} came incomplete; run validate again`);
  }
  const actual = elementsOf(tensor, bytes);
  if (differences(bytesOf(actual), wanted) === 0) return null;
  const index = Array.from(expected as Float32Array).findIndex((value, i) => !Object.is(value, Number(actual[i])));
  return {
    ...{ row, layer, node: step.node, operator: step.operator },
    ...{ index, host: Number(expected[index]), target: Number(actual[index]) },
  };
}

/**
 * The first layer of one run that differs.
 * @param expected by layer, what the host has
 * @param layers by layer, what the firmware has
 */
export function firstDivergence(
  project: Project,
  row: number,
  expected: readonly TypedArray[],
  layers: readonly Uint8Array[],
): Divergence | null {
  for (const [layer, wanted] of expected.entries()) {
    const found = compareLayer(project, row, layer, wanted, layers[layer]);
    if (found) return found;
  }
  return null;
}

/**
 * The same by bisection, for slow lines: a run for each doubling of the number of layers, and one layer read in each.
 * It finds a layer that differs behind one that does not; null when the last one is the same.
 */
export async function bisect(
  project: Project,
  device: Device,
  row: number,
  inputs: readonly Uint8Array[],
  expected: readonly TypedArray[],
  onProbe?: (layer: number) => void,
): Promise<Divergence | null> {
  const probe = async (layer: number) => {
    onProbe?.(layer);
    const { layers } = await device.run(inputs, { pauses: [layer], read: true });
    return compareLayer(project, row, layer, expected[layer], layers[0]?.bytes);
  };
  let equal = -1;
  let differing = expected.length - 1;
  let found = await probe(differing);
  while (found && differing - equal > 1) {
    const middle = (equal + differing) >> 1;
    const here = await probe(middle);
    if (here) {
      found = here;
      differing = middle;
    } else equal = middle;
  }
  return found;
}
