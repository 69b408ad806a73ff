/** Decides everything that the C templates print. Text of the model never gets in: identifiers are index-based. */
import { bytesPerElement, elementCount } from "../graph/ir.js";
import { firmwareCall, type Program, type ProgramTensor, type Step } from "../graph/program.js";
import { toolVersion } from "../io/package_path.js";
import { cFunctionOf } from "../kernels/index.js";
import type { CFunction, ParamField } from "../kernels/kernel.js";
import { NUMERICS_VERSION } from "../numerics/requantize.js";
import type { Placement, Plan } from "../plan/plan.js";
import { cFloat, cInt, cLines, cTypeOf } from "./c_literals.js";
import { signatureOf } from "./signature.js";

export interface InterfaceView {
  readonly index: number;
  readonly label: string;
  readonly macro: string;
  readonly typeName: string;
  readonly cType: string;
  readonly elements: number;
  readonly bytes: number;
  readonly rank: number;
  readonly shapeText: string;
  /** What the output counts, where it is a count. */
  readonly countOf: string;
  readonly quantised: boolean;
  readonly scale: string;
  readonly zeroPoint: number;
}

export interface LayerView {
  readonly index: number;
  readonly operator: string;
  readonly kernel: string;
  readonly fields: readonly { readonly name: string; readonly value: string }[];
  readonly args: readonly string[];
}

function interfaceView(tensor: ProgramTensor, kind: "input" | "output", index: number, name: string): InterfaceView {
  const elements = elementCount(tensor.shape);
  return {
    index,
    label: `${kind === "input" ? "Input" : "Output"} ${index}`,
    macro: `${name.toUpperCase()}_${kind.toUpperCase()}_${index}`,
    typeName: `${name}_${kind}_${index}_t`,
    cType: cTypeOf(tensor.type),
    elements,
    bytes: elements * bytesPerElement(tensor.type),
    rank: tensor.shape.length,
    shapeText: tensor.shape.length > 0 ? tensor.shape.join(", ") : "1",
    countOf: "",
    quantised: tensor.scale !== undefined,
    scale: cFloat(tensor.scale ?? 1),
    zeroPoint: tensor.zeroPoint ?? 0,
  };
}

function fieldValue(field: ParamField, value: number | readonly number[]): string {
  const print = field.type === "float" ? cFloat : cInt;
  return typeof value === "number" ? print(value) : `{${value.map(print).join(", ")}}`;
}

/** The bytes of a tensor as a C pointer expression without a type. */
function address(placement: Placement, plan: Plan): string {
  if (placement.region === "arena") return `arena + ${placement.offset}`;
  if (placement.region === "state") return `state + ${plan.stateOffsets[placement.index]}`;
  return placement.region === "input" ? `in[${placement.index}]` : `out[${placement.index}]`;
}

function argument(program: Program, plan: Plan, name: string, id: number, isInput: boolean): string {
  const tensor = program.tensors[id];
  if (tensor.constant !== undefined) return `${name}_values_${tensor.constant}`;
  const placement = plan.placements[id];
  const type = `${isInput || placement.region === "input" ? "const " : ""}${cTypeOf(tensor.type)} *`;
  const inner = address(placement, plan);
  // By way of void *, because the bytes of the arena are not known to be aligned to the compiler.
  return tensor.type === "int8" && placement.region === "arena"
    ? `(${type})(${inner})`
    : `(${type})(${isInput ? "const void *" : "void *"})(${inner})`;
}

function layerView(program: Program, plan: Plan, name: string, step: Step, index: number): LayerView {
  const call = firmwareCall(step);
  const kernel: CFunction = cFunctionOf(call.kernel);
  const inputs = step.inputs.map((id) => argument(program, plan, name, id, true));
  const scratch = plan.scratch[plan.steps[index]];
  return {
    index,
    operator: step.operator,
    kernel: call.kernel,
    fields: kernel.params.map((field) => ({ name: field.name, value: fieldValue(field, call.params[field.name]) })),
    args: [
      ...(kernel.inputs === "variadic" ? [`(const void *const[]){${inputs.join(", ")}}`] : inputs),
      ...kernel.constants.map((slot) => `${name}_table_${call.constants[slot.name]}`),
      ...(scratch === null ? [] : [`arena + ${scratch}`]),
      ...step.outputs.map((id) => argument(program, plan, name, id, false)),
    ],
  };
}

/** What is copied into the memory of states after the last layer, and how it is filled before the first call. */
function stateViews({ tensors, states = [] }: Program, plan: Plan) {
  return states.map(({ input, output, initial }, index) => {
    const { type, shape } = tensors[input];
    const elements = elementCount(shape);
    return {
      offset: plan.stateOffsets[index],
      bytes: elements * bytesPerElement(type),
      from: address(plan.placements[output], plan),
      // Stored zeros of every type are bytes of zeros; another zero point is one of int8.
      fill: initial & 0xff,
    };
  });
}

const arenaOffset = (placement: Placement) => (placement.region === "arena" ? placement.offset : 0);

/** Constants by how kernels take them: as a table of theirs, as an input like any other, or both, which are two. */
function constantUses({ constants, steps, tensors }: Program) {
  const tables = new Set(steps.flatMap((step) => Object.values(firmwareCall(step).constants)));
  const values = new Set(steps.flatMap((step) => step.inputs).map((id) => tensors[id].constant));
  return constants.flatMap((constant) => [
    ...(tables.has(constant.id) ? [{ constant, inFlash: true }] : []),
    ...(values.has(constant.id) ? [{ constant, inFlash: false }] : []),
  ]);
}

/** Everything the templates under templates/c print. @param name C identifier of the model */
export function modelView(program: Program, plan: Plan, name: string) {
  const steps = plan.steps.map((index) => program.steps[index]);
  const layers = steps.map((step, index) => layerView(program, plan, name, step, index));
  const inputs = program.inputs.map((id, i) => interfaceView(program.tensors[id], "input", i, name));
  const outputs = program.outputs.map((id, i) => ({
    ...interfaceView(program.tensors[id], "output", i, name),
    countOf: (program.counted ?? [])
      .filter(({ count }) => count === i)
      .map(({ output, axis }) => `output ${output} along axis ${axis}`)
      .join(", "),
  }));
  const ioInArena = plan.ioBuffers === "arena";
  const copies = (ids: readonly number[], views: readonly InterfaceView[]) =>
    ioInArena
      ? ids.map((id, i) => ({ index: i, offset: arenaOffset(plan.placements[id]), bytes: views[i].bytes }))
      : [];
  const constants = constantUses(program);
  const text = layers.flatMap(({ args }) => args).join(" ");
  return {
    name,
    upper: name.toUpperCase(),
    toolVersion,
    numericsVersion: NUMERICS_VERSION,
    signature: signatureOf(program, plan),
    arenaBytes: plan.arenaBytes,
    alignment: plan.alignment,
    persistentBytes: plan.persistentBytes,
    states: stateViews(program, plan),
    hasState: plan.persistentBytes > 0,
    ioInArena,
    inputs,
    outputs,
    interfaces: [...inputs, ...outputs],
    hasQuantised: inputs.some((i) => i.quantised) || outputs.some((o) => o.quantised),
    layerCount: layers.length,
    layers,
    kernels: [...new Set(steps.map((step) => firmwareCall(step).kernel))].sort(),
    hasInputs: inputs.length > 0,
    hasLayers: layers.length > 0,
    tablesUseInfinity: constants.some(
      ({ constant: { data } }) =>
        data instanceof Float32Array && data.some((v) => Math.abs(v) === Number.POSITIVE_INFINITY),
    ),
    usesInfinity: layers.some((layer) => layer.fields.some((field) => field.value.includes("INFINITY"))),
    usesArena: ioInArena || plan.persistentBytes > 0 || /\barena \+/.test(text),
    inputOffsets: program.inputs.map((id) => arenaOffset(plan.placements[id])).join(", "),
    outputOffsets: program.outputs.map((id) => arenaOffset(plan.placements[id])).join(", "),
    callerChecks: ioInArena ? [] : [...inputs.map((i) => `in[${i.index}]`), ...outputs.map((o) => `out[${o.index}]`)],
    copiesIn: copies(program.inputs, inputs),
    copiesOut: copies(program.outputs, outputs),
    constants: constants.map(({ constant: { id, type, data }, inFlash }) => ({
      id,
      // What a kernel takes as an input may lie in RAM as well, so it cannot be in an address space of its own.
      inFlash,
      cType: cTypeOf(type),
      // C has no empty arrays.
      count: Math.max(1, data.length),
      lines: data.length > 0 ? cLines(type, data) : ["0,"],
    })),
  };
}

export type ModelView = ReturnType<typeof modelView>;
