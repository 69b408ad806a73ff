/**
 * The programmatic API: the stages of the pipeline (see compile.ts) as functions on plain data. Nothing here writes
 * files, starts programs or keeps state. Errors meant for the user are UserError with a code of docs/errors.md.
 */
export {
  type Compiled,
  type CompileOptions,
  canonicalGraph,
  compile,
  type QuantizeOptions,
  quantise,
  type ReadOptions,
  type Rows,
  read,
} from "./compile.js";
export type { DataArray, DataFile } from "./data/data_file.js";
export { loadData } from "./data/load.js";
export { classLabels, inputRows } from "./data/rows.js";
export { type ErrorCode, UserError } from "./errors.js";
export type {
  Attributes,
  AttributeValue,
  ElementType,
  Graph,
  Node,
  Quantization,
  Shape,
  Tensor,
  TypedArray,
} from "./graph/ir.js";
export type { Constant, Program, ProgramTensor, Step, StorageType } from "./graph/program.js";
export { type HostProgram, hostProgram, type OnStep, runRow } from "./host/run.js";
export { type Model, OPSETS, type ValueInfo } from "./onnx/read.js";
export { type WriteOptions, writeModel } from "./onnx/write.js";
export type { Trace } from "./passes/index.js";
export type { InputLayout } from "./passes/input_layout.js";
export { type Placement, type Plan, type PlannedStorage, type PlanOptions, planMemory } from "./plan/plan.js";
export { exportQdq } from "./quantize/export_qdq.js";
export type { ObserverKind, Range } from "./quantize/observers.js";
export { type Correction, type Quantised, RECOMMENDED } from "./quantize/quantise.js";
export { type CycleEstimate, estimateCycles, type LayerEstimate } from "./select/estimate.js";
