/** RNN, GRU and LSTM: refusals, states from call to call, and what runs on integers. */
import { describe, expect, test } from "vitest";
import { canonicalGraph, compile, isQuantised, read } from "../../src/compile.js";
import type { Attributes, Graph, Shape, TypedArray } from "../../src/graph/ir.js";
import { elementCount } from "../../src/graph/ir.js";
import type { Program } from "../../src/graph/program.js";
import { hostProgram, runRow } from "../../src/host/run.js";
import { hybridSteps, lower } from "../../src/lower/lower.js";
import { writeModel } from "../../src/onnx/write.js";
import { exportQdq } from "../../src/quantize/export_qdq.js";
import { quantizeGraph } from "../../src/quantize/quantize.js";
import { constant, oneNodeModel, randomValues, tensor } from "../onnxruntime.js";
import type { NodeCase } from "./node_case.js";

const GATES = { RNN: 1, GRU: 3, LSTM: 4 } as const;
type Name = keyof typeof GATES;
const NAMES = Object.keys(GATES) as Name[];
const [B, I, H] = [2, 3, 5];

interface Form {
  readonly steps?: number;
  readonly attributes?: Attributes;
  /** Initial states are inputs. */
  readonly initial?: boolean;
  readonly change?: Partial<Record<number, NodeCase["inputs"][number]>>;
}

function model(operator: Name, { steps = 4, attributes = {}, initial, change = {} }: Form = {}): Uint8Array {
  const rows = GATES[operator] * H;
  const state: Shape = [1, B, H];
  const isLstm = operator === "LSTM";
  const inputs: NodeCase["inputs"][number][] = [
    ...[[steps, B, I], constant([1, rows, I], 3), constant([1, rows, H], 4), constant([1, 2 * rows], 5)],
    ...[undefined, initial ? state : undefined, ...(isLstm && initial ? [state] : [])],
  ];
  for (const [index, input] of Object.entries(change)) {
    while (inputs.length <= Number(index)) inputs.push(undefined);
    inputs[Number(index)] = input;
  }
  const shapes = [[steps, 1, B, H], state, ...(isLstm ? [state] : [])];
  return oneNodeModel({
    ...{ operator, inputs, opset: 14, output: shapes[0], attributes: { hidden_size: H, ...attributes } },
    outputs: shapes.map((shape) => ({ type: "float32", shape })),
  });
}

describe("refusals", () => {
  const float = (shape: Shape) => tensor("float32", shape, new Float32Array(elementCount(shape)));
  test.each<[string, Name, Form, string, RegExp]>([
    [
      "one direction of weights for two",
      "GRU",
      { attributes: { direction: "bidirectional" } },
      "E_SHAPE",
      /\[2,15,3\].*2 directions/,
    ],
    [
      "hidden_size that R does not have",
      "LSTM",
      { attributes: { hidden_size: 6 } },
      "E_SHAPE",
      /hidden_size is 6.*5 columns/,
    ],
    [
      "weights of another cell",
      "LSTM",
      { change: { 1: float([1, 15, I]) } },
      "E_SHAPE",
      /W of shape \[1,15,3\] should be \[1,20,3\]/,
    ],
    [
      "recurrence weights of another width",
      "RNN",
      { change: { 2: float([1, 4, H]) } },
      "E_SHAPE",
      /R of shape \[1,4,5\]/,
    ],
    [
      "a bias that is too short",
      "RNN",
      { change: { 3: float([1, H]) } },
      "E_SHAPE",
      /B of shape \[1,5\] should be \[1,10\]/,
    ],
    ["x of rank 2", "RNN", { change: { 0: [4, I] } }, "E_SHAPE", /must have rank 3/],
    ["an initial state of another batch", "RNN", { change: { 5: float([1, 3, H]) } }, "E_SHAPE", /initial_h of shape/],
    ["lengths beyond the steps", "RNN", { change: { 4: tensor("int32", [B], [4, 5]) } }, "E_SHAPE", /outside 0 to 4/],
    [
      "lengths of another type",
      "RNN",
      { change: { 4: tensor("int64", [B], [4, 4]) } },
      "E_TYPE",
      /sequence_lens of int32/,
    ],
    [
      "no units",
      "RNN",
      { attributes: { hidden_size: 0 }, change: { 1: float([1, 0, I]), 2: float([1, 0, 0]), 3: float([1, 0]) } },
      "E_SHAPE",
      /no elements/,
    ],
    ["an unknown activation", "RNN", { attributes: { activations: ["Sin"] } }, "E_OPERATOR_UNSUPPORTED", /Relu, Tanh/],
    [
      "too few activations",
      "LSTM",
      { attributes: { activations: ["Tanh"] } },
      "E_SHAPE",
      /has 1 activations and needs 3/,
    ],
    [
      "an unknown direction",
      "RNN",
      { attributes: { direction: "up" } },
      "E_SHAPE",
      /forward, reverse and bidirectional/,
    ],
    ["a clip of 0", "RNN", { attributes: { clip: 0 } }, "E_SHAPE", /clip is 0/],
    ["alpha that is no list", "RNN", { attributes: { activation_alpha: 1 } }, "E_SHAPE", /must be a list of numbers/],
  ])("%s", (_, operator, form, code, message) => {
    const bytes = model(operator, form);
    expect(() => compile(bytes, { precision: "float32" })).toThrow(
      expect.objectContaining({ code, message: expect.stringMatching(message) }),
    );
  });
});

/** Quantised with one range for every value, so that models of other lengths have the same scales. */
function quantised(graph: Graph): Graph {
  const range = { min: -1, max: 0.9 };
  return quantizeGraph(graph, new Map([...graph.tensors.keys()].map((name) => [name, range])));
}

const STATES = [
  { input: "x5", output: "y1" },
  { input: "x6", output: "y2" },
];

function program(bytes: Uint8Array, precision: Program["precision"], states: typeof STATES): Program {
  const graph = canonicalGraph(read(bytes), { states });
  const io = precision === "int8" ? "int8" : "float32";
  return lower(precision === "int8" ? quantised(graph) : graph, { precision, io });
}

describe.each(NAMES)("%s with states", (operator) => {
  const states = operator === "LSTM" ? STATES : STATES.slice(0, 1);

  test.each(["int8", "float32"] as const)("%s: two halves give what the whole gives, in every byte", (precision) => {
    const whole = program(model(operator, { steps: 6, initial: true }), precision, states);
    const half = program(model(operator, { steps: 3, initial: true }), precision, states);
    const x = randomValues(6 * B * I, 11);
    const stored = precision === "int8" ? Int8Array.from(x, (v) => Math.round(v * 100)) : x;
    const run = (of: Program, parts: readonly TypedArray[]) => {
      const host = hostProgram(of);
      const outputs = parts.map((part) => Array.from(runRow(host, of, [part])[0] as Float32Array));
      const kept = of.states!.map(({ input }) => host.buffer(input).slice());
      return { outputs: outputs.flat(), kept, types: of.states!.map(({ input }) => of.tensors[input].type) };
    };
    const once = run(whole, [stored]);
    const twice = run(half, [stored.slice(0, 3 * B * I), stored.slice(3 * B * I)]);
    expect(twice).toEqual(once);
    expect(new Set(once.outputs).size).toBeGreaterThan(10);
    const hidden = precision === "int8" ? "int8" : "float32";
    const cell = precision === "int8" ? "int16" : "float32";
    expect(once.types).toEqual(operator === "LSTM" ? [hidden, cell] : [hidden]);
    expect(hybridSteps(whole)).toEqual([]);
  });
});

test("a cell state at the interface is float32, and comes and goes in 16 bits", () => {
  const bytes = model("LSTM", { initial: true });
  const graph = quantised(canonicalGraph(read(bytes)));
  const { tensors, inputs, outputs, steps, constants } = lower(graph, { precision: "int8", io: "int8" });
  expect(inputs.map((id) => tensors[id].type)).toEqual(["int8", "int8", "float32"]);
  expect(outputs.map((id) => tensors[id].type)).toEqual(["int8", "int8", "float32"]);
  const of: Program = { precision: "int8", tensors, inputs, outputs, steps, constants };
  const x = new Int8Array(4 * B * I);
  const c = (scale: number) => randomValues(B * H, 5, scale);
  const run = (cell: Float32Array) => runRow(hostProgram(of), of, [x, new Int8Array(B * H), cell])[2] as Float32Array;
  // Beyond 16 it saturates.
  expect(run(c(1e6))).toEqual(run(c(1e6).map((v) => Math.max(-16, Math.min(16, v)))));
  run(c(4)).forEach((v) => {
    expect(Number.isInteger(v * 2 ** 11)).toBe(true);
  });
});

describe("what runs on integers", () => {
  const steps = (bytes: Uint8Array) => {
    const rows = { rows: 3, row: (i: number) => [randomValues(4 * B * I, i + 1)] };
    return compile(bytes, { calibration: () => rows }).program.steps.map(({ kernel }) => kernel);
  };
  const peephole = constant([1, 3 * H], 9);

  test.each<[string, Name, Form, string]>([
    ["Tanh", "RNN", {}, "nn_rnn_s8"],
    ["Relu", "RNN", { attributes: { activations: ["Relu"] } }, "nn_rnn_s8"],
    ["a function that jumps", "RNN", { attributes: { activations: ["ThresholdedRelu"] } }, "nn_rnn_f32"],
    ["GRU", "GRU", {}, "nn_gru_s8"],
    ["GRU with an unbounded function", "GRU", { attributes: { activations: ["Sigmoid", "Relu"] } }, "nn_gru_f32"],
    ["LSTM", "LSTM", {}, "nn_lstm_s8"],
    ["peepholes", "LSTM", { change: { 7: peephole } }, "nn_lstm_f32"],
  ])("%s", (_, operator, form, kernel) => {
    expect(steps(model(operator, form))).toContain(kernel);
  });

  test.each(NAMES)("%s: the QDQ model gives the same program", (operator) => {
    const graph = quantised(canonicalGraph(read(model(operator, { initial: true }))));
    const again = canonicalGraph(read(writeModel(exportQdq(graph), { producer: "test" })));
    expect(isQuantised(again)).toBe(true);
    const [a, b] = [graph, again].map((g) => lower(g, { precision: "int8", io: "int8" }));
    const calls = ({ steps, constants }: Program) =>
      steps.map((step) => ({
        ...{ kernel: step.kernel, params: step.params },
        tables: Object.values(step.constants).map((id) => constants[id].data),
      }));
    expect(calls(b)).toEqual(calls(a));
  });
});
