/** RNN, GRU and LSTM: compared with onnxruntime, which has no layout 1; there with the formulas of the specification. */
import { type Attributes, elementCount, type Shape, type TypedArray } from "../../../src/graph/ir.js";
import { constant, feed, randomValues, tensor } from "../../onnxruntime.js";
import type { NodeCase } from "../node_case.js";
import { recurrentOracle } from "../recurrent_oracle.js";

const GATES = { RNN: 1, GRU: 3, LSTM: 4 } as const;
type Name = keyof typeof GATES;

const STEPS = 5;
const BATCH = 3;
const INPUTS = 4;
const HIDDEN = 6;

interface Form {
  readonly attributes?: Attributes;
  readonly bias?: boolean;
  /** Weights are inputs. */
  readonly computed?: boolean;
  readonly lengths?: "constant" | "fed";
  readonly initial?: "constant" | "fed";
  readonly peephole?: boolean;
  /** Which outputs there are; default all. */
  readonly outputs?: readonly boolean[];
  readonly int8?: number;
  readonly range?: number;
  readonly opset?: number;
}

function recurrent(operator: Name, name: string, form: Form): NodeCase {
  const { attributes = {} } = form;
  const directions = attributes.direction === "bidirectional" ? 2 : 1;
  const rows = GATES[operator] * HIDDEN;
  const state: Shape = [directions, BATCH, HIDDEN];
  const weights = (shape: Shape, seed: number) => (form.computed ? shape : constant(shape, seed, 0.6));
  const lengths = tensor("int32", [BATCH], [3, 5, 1]);
  const isLstm = operator === "LSTM";
  const initial = (seed: number) => {
    if (!form.initial) return undefined;
    return form.initial === "fed" ? state : constant(state, seed, 0.8);
  };
  const inputs = [
    [STEPS, BATCH, INPUTS],
    weights([directions, rows, INPUTS], 3),
    weights([directions, rows, HIDDEN], 4),
    form.bias === false ? undefined : constant([directions, 2 * rows], 5, 0.5),
    form.lengths && (form.lengths === "fed" ? feed(lengths) : lengths),
    initial(6),
    ...(isLstm ? [initial(7), form.peephole ? constant([directions, 3 * HIDDEN], 8, 0.5) : undefined] : []),
  ];
  while (inputs.at(-1) === undefined) inputs.pop();
  const shapes: Shape[] = [[STEPS, directions, BATCH, HIDDEN], state, ...(isLstm ? [state] : [])];
  return {
    ...{ name, operator, inputs, tolerance: 1e-5, opset: form.opset ?? 14 },
    attributes: { hidden_size: HIDDEN, ...attributes },
    output: shapes[0],
    outputs: shapes.map((shape, i) => ((form.outputs?.[i] ?? true) ? { type: "float32", shape } : undefined)),
    ...(form.range && { range: form.range }),
    ...(form.int8 !== undefined && { int8: form.int8 }),
  };
}

/** The cell state has no scale of int8: it is not among the outputs. */
const HIDDEN_ONLY = [true, true, false];

const NAMES: readonly Name[] = ["RNN", "GRU", "LSTM"];

const common = NAMES.flatMap((operator) => [
  recurrent(operator, "forward", { int8: 3, outputs: HIDDEN_ONLY }),
  recurrent(operator, "without bias", { bias: false, int8: 3, outputs: HIDDEN_ONLY }),
  recurrent(operator, "all outputs", {}),
  recurrent(operator, "only the last hidden state", { outputs: [false, true, false], int8: 3 }),
  recurrent(operator, "only the sequence", { outputs: [true, false, false], int8: 3 }),
  recurrent(operator, "weights as inputs", { computed: true, initial: "fed" }),
  recurrent(operator, "reverse with sequence lengths", {
    ...{ attributes: { direction: "reverse" }, lengths: "constant", int8: 3, outputs: HIDDEN_ONLY },
  }),
  recurrent(operator, "sequence lengths known at run time", { lengths: "fed", int8: 3, outputs: HIDDEN_ONLY }),
  recurrent(operator, "bidirectional, lengths and initial states known at run time", {
    ...{ attributes: { direction: "bidirectional" }, lengths: "fed", initial: "fed" },
    ...{ int8: 4, outputs: HIDDEN_ONLY },
  }),
  recurrent(operator, "constant initial states", { initial: "constant", int8: 3, outputs: HIDDEN_ONLY }),
  recurrent(operator, "clip", { attributes: { clip: 0.4 }, range: 4, int8: 6, outputs: HIDDEN_ONLY }),
  recurrent(operator, "of operator set 7", { opset: 7 }),
]);

const others = [
  ...["Relu", "Tanh", "Sigmoid", "LeakyRelu", "HardSigmoid", "Elu", "Softsign", "Softplus"].map((name) =>
    recurrent("RNN", `${name}, by default`, { attributes: { activations: [name] }, int8: 4 }),
  ),
  // onnxruntime takes 0 where ONNX says that the defaults are those of the operators.
  ...["Affine", "LeakyRelu", "ThresholdedRelu", "ScaledTanh", "HardSigmoid", "Elu"].map((name) =>
    recurrent("RNN", `${name} with alpha and beta`, {
      attributes: { activations: [name], activation_alpha: [0.7], activation_beta: [0.3] },
      int8: 4,
    }),
  ),
  recurrent("RNN", "alpha and beta of both directions", {
    attributes: {
      direction: "bidirectional",
      activations: ["LeakyRelu", "ScaledTanh"],
      activation_alpha: [0.25, 1.25],
      activation_beta: [0.5],
    },
    int8: 4,
  }),
  recurrent("GRU", "linear_before_reset", { attributes: { linear_before_reset: 1 }, int8: 3 }),
  recurrent("GRU", "linear_before_reset, bidirectional", {
    ...{ attributes: { linear_before_reset: 1, direction: "bidirectional" }, lengths: "fed", initial: "fed", int8: 3 },
  }),
  recurrent("GRU", "HardSigmoid and Softsign", {
    attributes: {
      activations: ["HardSigmoid", "Softsign"],
      activation_alpha: [0.25],
      activation_beta: [0.4],
    },
  }),
  recurrent("LSTM", "peepholes", { peephole: true, initial: "constant" }),
  recurrent("LSTM", "peepholes, bidirectional, clip", {
    ...{ peephole: true, initial: "fed", attributes: { direction: "bidirectional", clip: 0.7 }, lengths: "fed" },
  }),
  recurrent("LSTM", "input_forget", { attributes: { input_forget: 1 }, int8: 3, outputs: HIDDEN_ONLY }),
  recurrent("LSTM", "HardSigmoid, ScaledTanh, Tanh", {
    attributes: {
      activations: ["HardSigmoid", "ScaledTanh", "Tanh"],
      activation_alpha: [0.25, 1.5],
      activation_beta: [0.5, 0.7],
    },
    ...{ int8: 3, outputs: HIDDEN_ONLY },
  }),
];

/** [a][b][...] to [b][a][...]. */
function exchanged(values: ArrayLike<number>, [a, b]: Shape): Float32Array {
  const inner = values.length / (a * b);
  return Float32Array.from({ length: values.length }, (_, i) => {
    const [outer, rest] = [Math.floor(i / inner), i % inner];
    return values[((outer % a) * b + Math.floor(outer / a)) * inner + rest];
  });
}

function batchFirst(operator: Name): NodeCase {
  const rows = GATES[operator] * HIDDEN;
  const shapes = { x: [BATCH, STEPS, INPUTS], w: [2, rows, INPUTS], r: [2, rows, HIDDEN], h: [BATCH, 2, HIDDEN] };
  const data = {
    x: randomValues(elementCount(shapes.x), 1),
    w: randomValues(elementCount(shapes.w), 2, 0.6),
    r: randomValues(elementCount(shapes.r), 3, 0.6),
    h: randomValues(elementCount(shapes.h), 4),
  };
  const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));
  const byCell = { RNN: [Math.tanh], GRU: [sigmoid, Math.tanh], LSTM: [sigmoid, Math.tanh, Math.tanh] };
  const { y, yH, yC } = recurrentOracle(
    {
      ...{ operator, direction: "bidirectional", steps: STEPS, batch: BATCH, inputs: INPUTS, hidden: HIDDEN },
      functions: byCell[operator],
    },
    { ...data, x: exchanged(data.x, [BATCH, STEPS]), h: exchanged(data.h, [BATCH, 2]) },
  );
  // [steps][directions][batch][hidden] -> [batch][steps][directions][hidden]
  const sequence = Float32Array.from({ length: y.length }, (_, i) => {
    const [j, d, t] = [i % HIDDEN, Math.floor(i / HIDDEN) % 2, Math.floor(i / (2 * HIDDEN)) % STEPS];
    const n = Math.floor(i / (2 * HIDDEN * STEPS));
    return y[((t * 2 + d) * BATCH + n) * HIDDEN + j];
  });
  const given = (key: keyof typeof data) => feed(tensor("float32", shapes[key], data[key]));
  const outputs: Shape[] = [[BATCH, STEPS, 2, HIDDEN], shapes.h, ...(operator === "LSTM" ? [shapes.h] : [])];
  const expected: TypedArray[] = [sequence, exchanged(yH, [2, BATCH])];
  if (operator === "LSTM") expected.push(exchanged(yC, [2, BATCH]));
  return {
    ...{ name: "batch first", operator, expected },
    attributes: { hidden_size: HIDDEN, layout: 1, direction: "bidirectional" },
    inputs: [given("x"), given("w"), given("r"), undefined, undefined, given("h")],
    output: outputs[0],
    outputs: outputs.map((shape) => ({ type: "float32", shape })),
    opset: 14,
  };
}

export const cases: readonly NodeCase[] = [...common, ...others, ...NAMES.map(batchFirst)];
