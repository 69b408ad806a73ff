/** Decides everything that the C templates print. Text of the model never gets in: identifiers are index-based. */
import { bytesPerElement, elementCount } from "../graph/ir.js";
import {
  type Cascade,
  firmwareCall,
  kernelSteps,
  type Program,
  type ProgramTensor,
  type Stage,
  type Step,
} from "../graph/program.js";
import { toolVersion } from "../io/package_path.js";
import { cFunctionOf } from "../kernels/index.js";
import type { CFunction, ParamField } from "../kernels/kernel.js";
import type { Rows } from "../kernels/rows.js";
import { NUMERICS_VERSION } from "../numerics/requantize.js";
import { tensorBytes } from "../plan/dataflow.js";
import type { Placement, Plan } from "../plan/plan.js";
import { cFloat, cInt, cLines, cTypeOf } from "./c_literals.js";
import { signatureOf } from "./signature.js";
import {
  hexadecimal,
  type ImageLayout,
  INTERNAL,
  imageLayout,
  WEIGHTS_ALIGNMENT,
  type WeightsPlace,
} from "./weights.js";

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

/** Parameters of a kernel call. */
export interface CallView {
  /** C identifier of the struct. */
  readonly id: string;
  readonly kernel: string;
  readonly fields: readonly { readonly name: string; readonly value: string }[];
}

export interface LayerView {
  readonly index: number;
  readonly operator: string;
  readonly calls: readonly CallView[];
  /** The call in <name>_run: function and arguments. */
  readonly call: string;
  readonly args: readonly string[];
  readonly cascade: CascadeView | null;
}

/** Body of the function of a cascade. */
export interface CascadeView {
  readonly id: string;
  readonly inputs: readonly number[];
  readonly band: number;
  readonly outRows: number;
  readonly lines: readonly { readonly index: number; readonly offset: number; readonly rowBytes: number }[];
  /** Rows that each stage must have made, from the last but one to the first. */
  readonly needs: readonly { readonly index: number; readonly rows: string }[];
  readonly stages: readonly StageView[];
  /** A stage reads the image of the weights. */
  readonly usesWeights: boolean;
}

export interface StageView extends CallView {
  /** Variable of the next row to make, and the row before which it stops. */
  readonly row: string;
  readonly end: string;
  /** Arguments of nn_band_of behind these. */
  readonly geometry: string;
  /** Fields of the parameters that a band changes. */
  readonly band: readonly { readonly name: string; readonly value: string }[];
  /** Its line buffer; null for the last stage. */
  readonly lines: { readonly index: number; readonly first: string } | null;
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

/** The parts of the arena as the C names them: `arena` in the memory of other data, `arena_<k>` in memory k of the board. */
function arenaParts({ parts, arenaBytes }: Plan) {
  const all = parts ?? [{ memory: 0, name: "", from: 0, bytes: arenaBytes }];
  return all.map((part) => ({ ...part, field: part.memory === 0 ? "arena" : `arena_${part.memory}` }));
}

/** A place in the arena as a C pointer expression. */
export function arenaAddress(plan: Plan, offset: number): string {
  const { field, from } = arenaParts(plan).findLast((part) => offset >= part.from)!;
  return `${field} + ${offset - from}`;
}

/** The bytes of a tensor as a C pointer expression without a type. */
function address(placement: Placement, plan: Plan): string {
  if (placement.region === "arena") return arenaAddress(plan, placement.offset);
  if (placement.region === "state") return `state + ${plan.stateOffsets[placement.index]}`;
  return placement.region === "input" ? `in[${placement.index}]` : `out[${placement.index}]`;
}

/** C expressions of constants: as tables of kernels, and as inputs like any other. */
interface ConstantText {
  readonly table: (id: number) => string;
  readonly values: (id: number) => string;
}

/** Arrays of their own, or places in the image at `weights`. */
function constantText(program: Program, name: string, { offsets }: ImageLayout): ConstantText {
  const types = new Map(program.constants.map(({ id, type }) => [id, type]));
  const inImage = (id: number) => `(const ${cTypeOf(types.get(id)!)} *)(const void *)(weights + ${offsets.get(id)})`;
  return {
    table: (id) => (offsets.has(id) ? inImage(id) : `${name}_table_${id}`),
    values: (id) => (offsets.has(id) ? inImage(id) : `${name}_values_${id}`),
  };
}

function argument(program: Program, plan: Plan, constants: ConstantText, id: number, isInput: boolean): string {
  const tensor = program.tensors[id];
  if (tensor.constant !== undefined) return constants.values(tensor.constant);
  const placement = plan.placements[id];
  const type = `${isInput || placement.region === "input" ? "const " : ""}${cTypeOf(tensor.type)} *`;
  const inner = address(placement, plan);
  // By way of void *, because the bytes of the arena are not known to be aligned to the compiler.
  return tensor.type === "int8" && placement.region === "arena"
    ? `(${type})(${inner})`
    : `(${type})(${isInput ? "const void *" : "void *"})(${inner})`;
}

function callView(step: Step, id: string): CallView {
  const { kernel, params } = firmwareCall(step);
  const fields = cFunctionOf(kernel).params.map((field) => ({
    name: field.name,
    value: fieldValue(field, params[field.name]),
  }));
  return { id, kernel, fields };
}

/** Arguments of a kernel behind its parameters. */
function callArguments(
  step: Step,
  constants: ConstantText,
  inputs: readonly string[],
  scratch: string | null,
  outputs: readonly string[],
): string[] {
  const call = firmwareCall(step);
  const kernel: CFunction = cFunctionOf(call.kernel);
  return [
    ...(kernel.inputs === "variadic" ? [`(const void *const[]){${inputs.join(", ")}}`] : inputs),
    ...kernel.constants.map((slot) => constants.table(call.constants[slot.name])),
    ...(scratch === null ? [] : [scratch]),
    ...outputs,
  ];
}

function layerView(program: Program, plan: Plan, constants: ConstantText, step: Step, index: number): LayerView {
  const offset = plan.scratch[plan.steps[index]];
  const scratch = offset === null ? null : arenaAddress(plan, offset);
  const { operator, cascade } = step;
  if (cascade) {
    const id = `layer_${index}`;
    const bytes = (tensor: number, isInput: boolean) => {
      const { constant } = program.tensors[tensor];
      const inner = constant === undefined ? `(${address(plan.placements[tensor], plan)})` : constants.values(constant);
      return isInput ? `(const uint8_t *)(const void *)${inner}` : `(uint8_t *)(void *)${inner}`;
    };
    const view = cascadeView(program, constants, step, cascade, id);
    const weights = view.usesWeights ? ["weights"] : [];
    return {
      ...{ index, operator, call: id },
      calls: cascade.stages.map((stage, i) => callView(stage.step, `${id}_${i}`)),
      args: [...weights, ...step.inputs.map((tensor) => bytes(tensor, true)), scratch!, bytes(step.outputs[0], false)],
      cascade: view,
    };
  }
  const inputs = step.inputs.map((id) => argument(program, plan, constants, id, true));
  const outputs = step.outputs.map((id) => argument(program, plan, constants, id, false));
  const call = callView(step, `layer_${index}`);
  return {
    ...{ index, operator, calls: [call], call: "NN_CALL", cascade: null },
    args: [call.kernel, call.id, ...callArguments(step, constants, inputs, scratch, outputs)],
  };
}

/** The rows of a cascade as C expressions; src/select/cascade.ts has computed with the same ones. */
function cascadeView(
  program: Program,
  constants: ConstantText,
  whole: Step,
  cascade: Cascade,
  id: string,
): CascadeView {
  const { tensors } = program;
  const { stages, band } = cascade;
  const root = (tensor: number) => tensors[tensor].viewOf ?? tensor;
  const writer = (tensor: number) => stages.findIndex(({ step, lines }) => lines && step.outputs[0] === root(tensor));
  const consumers = (stage: number) =>
    stages.flatMap(({ step }, by) => (step.inputs.some((input) => writer(input) === stage) ? [by] : []));
  const last = stages.length - 1;
  const row = (stage: number) => (stage === last ? "made" : `lines_${stage}.end`);
  const end = (stage: number) => (stage === last ? "next" : `need_${stage}`);
  const nested = (of: "min" | "max", [first, ...rest]: readonly string[]): string =>
    rest.length === 0 ? first : `nn_${of}_i32(${first}, ${nested(of, rest)})`;
  const geometry = ({ stride, padTop, window, inRows }: Rows) => `${stride}, ${padTop}, ${window}, ${inRows}`;
  const rowBytes = (tensor: number, rows: number) => tensorBytes(tensors[tensor]) / rows;
  const stageView = ({ step, rows, lines }: Stage, stage: number): StageView => {
    const output = tensors[step.outputs[0]];
    const inputs = step.inputs.map((tensor, i) => {
      const type = `(const ${cTypeOf(tensors[tensor].type)} *)(const void *)`;
      const from = writer(tensor);
      if (from >= 0) return `${type}nn_row(&lines_${from}, band.first)`;
      const outer = `in_${whole.inputs.indexOf(tensor)}`;
      return rows.whole.includes(i)
        ? `${type}${outer}`
        : `${type}(${outer} + band.first * ${rowBytes(tensor, rows.inRows)})`;
    });
    const ownRow = rows.accumulates ? "out" : `(out + made * ${rowBytes(output.id, rows.outRows)})`;
    const to = lines ? `nn_row(&lines_${stage}, ${row(stage)})` : ownRow;
    const scratch = firmwareCall(step).scratchBytes > 0 ? `work + ${cascade.scratchOffset}` : null;
    const low = [row(stage), ...consumers(stage).map((by) => firstRowText(row(by), stages[by].rows))];
    return {
      ...callView(step, `${id}_${stage}`),
      ...{ row: row(stage), end: end(stage), geometry: geometry(rows) },
      band: rows.fields.map(({ name: field, index, of, times }) => {
        const outRows = `${end(stage)} - ${row(stage)}`;
        const value = { inRows: "band.in_rows", padTop: "band.pad_top", outRows, made: row(stage) }[of];
        return {
          name: index === undefined ? field : `${field}[${index}]`,
          value: times === 1 ? value : `(${value}) * ${times}`,
        };
      }),
      lines: lines ? { index: stage, first: nested("min", low) } : null,
      args: callArguments(step, constants, inputs, scratch, [`(${cTypeOf(output.type)} *)(void *)${to}`]),
    };
  };
  const buffers = stages.flatMap(({ step, rows, lines }, index) =>
    lines ? [{ index, offset: lines.offset, rowBytes: rowBytes(step.outputs[0], rows.outRows) }] : [],
  );
  const made = stages.map(stageView);
  return {
    ...{ id, band, outRows: stages[last].rows.outRows, lines: buffers },
    inputs: [...whole.inputs.keys()],
    needs: [...buffers].reverse().map(({ index }) => ({
      index,
      rows: nested(
        "max",
        consumers(index).map((by) => `nn_seen_rows(${end(by)}, ${geometry(stages[by].rows)})`),
      ),
    })),
    stages: made,
    usesWeights: readsImage(made.flatMap(({ args }) => args)),
  };
}

const readsImage = (args: readonly string[]) => args.some((text) => /\bweights\b( \+|$)/.test(text));

function firstRowText(row: string, { stride, padTop }: Rows): string {
  return `nn_first_row(${row}, ${stride}, ${padTop})`;
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
  const calls = steps.flatMap(kernelSteps).map(firmwareCall);
  const tables = new Set(calls.flatMap((call) => Object.values(call.constants)));
  const values = new Set(steps.flatMap((step) => step.inputs).map((id) => tensors[id].constant));
  return constants.flatMap((constant) => [
    ...(tables.has(constant.id) ? [{ constant, inFlash: true }] : []),
    ...(values.has(constant.id) ? [{ constant, inFlash: false }] : []),
  ]);
}

/** What the templates print of the place of the weights. */
function weightsView(weights: WeightsPlace, { bytes }: ImageLayout, args: readonly string[], hasTables: boolean) {
  const isImage = weights.place !== "internal";
  return {
    where: weights,
    isImage,
    hasTables: hasTables || !isImage,
    isExternal: weights.place === "external",
    isFile: weights.place === "file",
    addressText: weights.place === "external" ? hexadecimal(weights.address) : "",
    bytes: isImage ? bytes : 0,
    alignment: WEIGHTS_ALIGNMENT,
    used: readsImage(args),
  };
}

/**
 * Everything the templates under templates/c print.
 * @param name C identifier of the model
 * @param place of weights and tables
 */
export function modelView(program: Program, plan: Plan, name: string, place: WeightsPlace = INTERNAL) {
  const steps = plan.steps.map((index) => program.steps[index]);
  const layout = imageLayout(program, place);
  const text = constantText(program, name, layout);
  const layers = steps.map((step, index) => layerView(program, plan, text, step, index));
  const args = layers.flatMap((layer) => layer.args);
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
    ioInArena ? ids.map((id, i) => ({ index: i, at: address(plan.placements[id], plan), bytes: views[i].bytes })) : [];
  const constants = constantUses(program).filter(({ constant: { id } }) => !layout.offsets.has(id));
  const [first, ...others] = arenaParts(plan);
  const uses = (field: string) =>
    args.some((arg) => arg.includes(`${field} + `)) ||
    [...copies(program.inputs, inputs), ...copies(program.outputs, outputs)].some(({ at }) =>
      at.startsWith(`${field} +`),
    ) ||
    stateViews(program, plan).some(({ from }) => from.startsWith(`${field} +`));
  return {
    name,
    upper: name.toUpperCase(),
    toolVersion,
    numericsVersion: NUMERICS_VERSION,
    signature: signatureOf(program, plan),
    arenaBytes: first.bytes,
    /** Parts of the arena in other memories of the board. */
    arenas: others.map(({ field, bytes, from, name: region, memory }) => ({
      ...{ field, bytes, from, region, memory, macro: `${name.toUpperCase()}_ARENA_${memory}`, used: uses(field) },
    })),
    arenasFromLast: others.toReversed().map(({ field, from }) => ({ field, from })),
    alignment: plan.alignment,
    persistentBytes: plan.persistentBytes,
    weights: weightsView(place, layout, args, constants.length > 0),
    states: stateViews(program, plan),
    hasState: plan.persistentBytes > 0,
    ioInArena,
    inputs,
    outputs,
    interfaces: [...inputs, ...outputs],
    hasQuantised: inputs.some((i) => i.quantised) || outputs.some((o) => o.quantised),
    layerCount: layers.length,
    layers,
    kernels: [...new Set(steps.flatMap(kernelSteps).map((step) => firmwareCall(step).kernel))].sort(),
    hasCascades: layers.some(({ cascade }) => cascade !== null),
    hasInputs: inputs.length > 0,
    hasLayers: layers.length > 0,
    tablesUseInfinity: constants.some(
      ({ constant: { data } }) =>
        data instanceof Float32Array && data.some((v) => Math.abs(v) === Number.POSITIVE_INFINITY),
    ),
    usesInfinity: layers.some(({ calls }) =>
      calls.some(({ fields }) => fields.some(({ value }) => value.includes("INFINITY"))),
    ),
    usesArena: uses("arena"),
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
