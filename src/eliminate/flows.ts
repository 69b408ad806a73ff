/** The channels of a program: which bytes are one tensor, how many channels each has, and how the steps connect them. */

import { elementCount, type TypedArray } from "../graph/ir.js";
import type { Program, Step } from "../graph/program.js";
import type { ChannelFlow } from "../kernels/channels.js";
import { commonDivisor } from "../kernels/common_divisor.js";
import { kernelOf } from "../kernels/index.js";

export interface Flows {
  readonly program: Program;
  /** By tensor id: the tensor whose bytes it reads. */
  readonly root: readonly number[];
  /** By root: channels that every step and every view agrees on; a flow may count a multiple of it. */
  readonly channels: ReadonlyMap<number, number>;
  /** Roots that keep every channel: those of the interface, and those read as elements of another type. */
  readonly fixed: ReadonlySet<number>;
  /** By step: how its channels flow; undefined: every output depends on every input. */
  readonly flows: readonly (ChannelFlow | undefined)[];
}

export function constantsOf(program: Program, step: Step): Record<string, TypedArray> {
  return Object.fromEntries(Object.entries(step.constants).map(([name, id]) => [name, program.constants[id].data]));
}

export function channelFlows(program: Program): Flows {
  const { tensors } = program;
  const root = tensors.map(({ id, viewOf }) => viewOf ?? id);
  const ends = (program.states ?? []).flatMap(({ input, output }) => [input, output]);
  const fixed = new Set([...program.inputs, ...program.outputs, ...ends].map((id) => root[id]));
  for (const { id, type } of tensors) if (type !== tensors[root[id]].type) fixed.add(root[id]);
  const flows = program.steps.map((step) =>
    kernelOf(step.kernel).channels?.(step.params, {
      constants: constantsOf(program, step),
      type: tensors[step.outputs[0]].type,
      inputElements: step.inputs.map((id) => elementCount(tensors[id].shape)),
    }),
  );
  const channels = new Map<number, number>();
  for (const { id, shape } of tensors) if (root[id] === id) channels.set(id, elementCount(shape));
  program.steps.forEach(({ inputs, outputs }, index) => {
    const flow = flows[index];
    if (!flow) return;
    const meet = (id: number, count: number) => channels.set(root[id], commonDivisor(channels.get(root[id])!, count));
    inputs.forEach((id, i) => {
      meet(id, flow.inputs[i]);
    });
    outputs.forEach((id, i) => {
      meet(id, flow.outputs[i]);
    });
  });
  return { program, root, channels, fixed, flows };
}

/** Values by channel of a root, repeated to as many channels as a flow counts. */
export function repeated<T extends Float64Array | Uint8Array>(values: T, channels: number): T {
  const result = new (values.constructor as new (length: number) => T)(channels);
  for (let i = 0; i < channels; i++) result[i] = values[i % values.length];
  return result;
}
