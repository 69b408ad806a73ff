/** <name>_manifest.json: what was generated from what, for people and for the later commands. Model text lives only here. */
import type { Compiled } from "../compile.js";
import type { EliminatedFrom } from "../eliminate/eliminate.js";
import { bytesPerElement, elementCount } from "../graph/ir.js";
import {
  firmwareCall,
  firmwareConstants,
  kernelSteps,
  type Program,
  type ProgramTensor,
  type Stage,
  type Step,
} from "../graph/program.js";
import { toolVersion } from "../io/package_path.js";
import { hybridSteps } from "../lower/lower.js";
import { NUMERICS_VERSION } from "../numerics/requantize.js";
import { imageLayout, type WeightsPlace, weightsFileName } from "./weights.js";

const SCHEMA_VERSION = 1;

const bytesOf = (tensor: ProgramTensor) => elementCount(tensor.shape) * bytesPerElement(tensor.type);

/** Bytes of all constant tables in the firmware. */
export function tableBytes(program: Program): number {
  let bytes = 0;
  for (const id of firmwareConstants(program)) bytes += program.constants[id].data.byteLength;
  return bytes;
}

/**
 * How the layers of a QOperator model compare with onnxruntime's kernels, which compute on integers too: as the model has
 * them, with all their channels and those layers that are eliminated.
 */
export function ortAgreementOf({ program, eliminated }: { program: Program; eliminated: readonly EliminatedFrom[] }) {
  return [...program.steps.flatMap(kernelSteps), ...eliminated].flatMap(({ node, operator, ortAgreement: found }) => {
    if (!found) return [];
    const result =
      found.differing === 0
        ? "bit-exact with onnxruntime: proved"
        : `differs at ${found.differing} accumulator values in ${found.channels - found.proved} of ${found.channels} channels`;
    return [{ node, operator, ...found, result }];
  });
}

function kernelOf(step: Step) {
  const { implementation } = step;
  const kernel = firmwareCall(step).kernel;
  return implementation ? { kernel, plainKernel: step.kernel, modelledCycles: implementation.cycles } : { kernel };
}

/** A layer inside a cascade: its output is there row by row only. */
function stageOf({ step, lines }: Stage) {
  const { node, operator, macs } = step;
  return { node, operator, ...kernelOf(step), macs, constants: firmwareCall(step).constants, ...(lines && { lines }) };
}

/** What elimination saved in all, and layer by layer. */
export function eliminationOf({ eliminated, program }: { eliminated: readonly EliminatedFrom[]; program: Program }) {
  const macs = program.steps.reduce((sum, step) => sum + step.macs, 0);
  return {
    macs: { before: eliminated.reduce((sum, layer) => sum + layer.macs.before - layer.macs.after, macs), after: macs },
    tableBytes: eliminated.reduce((sum, { tableBytes: { before, after } }) => sum + before - after, 0),
    layers: eliminated.map(({ ortAgreement: _, ...layer }) => layer),
  };
}

/** Where weights and tables lie; of an image, every table in it. */
function weightsOf(name: string, program: Program, where: WeightsPlace) {
  if (where.place === "internal") return where;
  const { bytes, offsets } = imageLayout(program, where);
  const tables = [...offsets].map(([constant, offset]) => ({
    ...{ constant, offset },
    bytes: program.constants[constant].data.byteLength,
  }));
  return { ...where, file: weightsFileName(name), bytes, tables };
}

/** What the manifest says of a compiled model. */
interface Described
  extends Pick<
    Compiled,
    "name" | "program" | "plan" | "view" | "rejected" | "request" | "decision" | "stream" | "eliminated"
  > {
  readonly model: { readonly graph: { readonly opset: number }; readonly producer: string };
}

/** @param source what the user gave: file name and sha256 of the model */
export function manifestOf(compiled: Described, board: string, source: { file: string; sha256: string }) {
  const { program, plan, view, name } = compiled;
  const describe = (id: number) => {
    const { name: value, type, shape, scale, zeroPoint } = program.tensors[id];
    return {
      name: value,
      type,
      shape,
      ...(scale !== undefined && { scale, zeroPoint }),
      bytes: bytesOf(program.tensors[id]),
    };
  };
  const place = (id: number) => {
    const tensor = program.tensors[id];
    if (tensor.constant !== undefined) return { constant: tensor.constant, bytes: bytesOf(tensor) };
    return { tensor: tensor.name, ...plan.placements[id] };
  };
  return {
    schemaVersion: SCHEMA_VERSION,
    tool: "onnx2mcu",
    toolVersion,
    numericsVersion: NUMERICS_VERSION,
    name,
    signature: view.signature,
    precision: program.precision,
    ioBuffers: plan.ioBuffers,
    board,
    model: { ...source, opset: compiled.model.graph.opset, producer: compiled.model.producer },
    inputs: program.inputs.map(describe),
    outputs: program.outputs.map((id, i) => {
      const counts = (program.counted ?? []).filter(({ count }) => count === i);
      const countOf = counts.map(({ output, axis }) => ({
        output: program.tensors[program.outputs[output]].name,
        axis,
      }));
      return { ...describe(id), ...(countOf.length > 0 && { countOf }) };
    }),
    arena: {
      bytes: plan.arenaBytes,
      alignment: plan.alignment,
      ...(plan.parts && { parts: plan.parts }),
      persistentBytes: plan.persistentBytes,
      lowerBound: plan.lowerBound,
      optimal: plan.optimal,
      proof: plan.proof,
      peakLayer: plan.peakStep,
      aliveAtPeak: plan.aliveAtPeak.map(({ name: tensor, bytes }) => ({ tensor, bytes })),
    },
    states: (program.states ?? []).map(({ input, output }, index) => ({
      input: program.tensors[input].name,
      output: program.tensors[output].name,
      offset: plan.stateOffsets[index],
      bytes: bytesOf(program.tensors[input]),
    })),
    ...(compiled.stream && { stream: compiled.stream }),
    tables: { bytes: tableBytes(program), count: firmwareConstants(program).size },
    weights: weightsOf(name, program, view.weights.where),
    macs: program.steps.reduce((sum, step) => sum + step.macs, 0),
    request: compiled.request,
    choice: compiled.decision,
    eliminated: eliminationOf(compiled),
    ortAgreement: ortAgreementOf(compiled),
    float32Layers: hybridSteps(program).map(({ node, operator }) => ({ node, operator })),
    layers: plan.steps.map((index, layer) => {
      const step = program.steps[index];
      const call = firmwareCall(step);
      const rejected = compiled.rejected[index];
      const scratch = plan.scratch[index];
      return {
        index: layer,
        node: step.node,
        operator: step.operator,
        ...kernelOf(step),
        ...(step.cascade && { cascade: step.cascade.stages.map(stageOf) }),
        ...(rejected.length > 0 && { rejected }),
        macs: step.macs,
        inputs: step.inputs.map(place),
        outputs: step.outputs.map(place),
        ...(scratch !== null && { scratch: { offset: scratch, bytes: call.scratchBytes } }),
        constants: call.constants,
      };
    }),
  };
}

export interface Manifest extends ReturnType<typeof manifestOf> {
  /** How the model is packaged (`generate --format`); absent in firmware projects. */
  readonly format?: string;
  /** The firmware understands the dialect of the MLPerf Tiny runner, too; absent where it does not. */
  readonly mlperf?: true;
}
