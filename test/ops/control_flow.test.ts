/** Control flow that is decided when the firmware is generated. */
import { expect, test } from "vitest";
import { compile } from "../../src/compile.js";
import { hostProgram, runRow } from "../../src/host/run.js";
import { floats, modelBytes, node, value } from "../onnx/model_bytes.js";

const graph = (name: string, g: object) => ({ name, type: 5, g });
const int64 = (name: string, dims: number[], values: number[]) => ({ name, dataType: 7, dims, int64Data: values });
const bool = (name: string, on: boolean) => ({ name, dataType: 9, dims: [], int32Data: [Number(on)] });
const run = (model: Uint8Array, ...inputs: number[][]) => {
  const { program } = compile(model, { precision: "float32" });
  const outputs = runRow(
    hostProgram(program),
    program,
    inputs.map((v) => Float32Array.from(v)),
  );
  return outputs.map((output) => Array.from(output as Float32Array));
};

test.each([
  [true, [2, 4]],
  [false, [-1, -2]],
])("If with the constant condition %s", (condition, expected) => {
  const branch = (operator: string, inputs: string[]) => ({
    node: [node(operator, inputs, ["b"])],
    output: [value("b", [2])],
  });
  const model = modelBytes({
    node: [
      node("If", ["c"], ["y"], {
        attribute: [graph("then_branch", branch("Add", ["x", "x"])), graph("else_branch", branch("Neg", ["x"]))],
      }),
    ],
    input: [value("x", [2])],
    output: [value("y", [2])],
    initializer: [bool("c", condition)],
  });
  expect(run(model, [1, 2])).toEqual([expected]);
});

test("Loop: carried and collected values, an outer value", () => {
  const body = {
    node: [node("Add", ["v", "x"], ["sum"]), node("Identity", ["sum"], ["scan"]), node("Identity", ["go"], ["go_on"])],
    input: [value("i", [], 7), value("go", [], 9), value("v", [2])],
    output: [value("go_on", [], 9), value("sum", [2]), value("scan", [2])],
  };
  const model = modelBytes({
    node: [node("Loop", ["n", "", "start"], ["last", "all"], { attribute: [graph("body", body)] })],
    input: [value("x", [2])],
    output: [value("last", [2]), value("all", [3, 2])],
    initializer: [int64("n", [], [3]), floats("start", [2], [0, 10])],
  });
  expect(run(model, [1, 2])).toEqual([
    [3, 16],
    [1, 12, 2, 14, 3, 16],
  ]);
});

test("Scan: a running sum, backwards", () => {
  const body = {
    node: [node("Add", ["s", "e"], ["sum"]), node("Identity", ["sum"], ["out"])],
    input: [value("s", [2]), value("e", [2])],
    output: [value("sum", [2]), value("out", [2])],
  };
  const attribute = [
    { name: "num_scan_inputs", type: 2, i: 1 },
    { name: "scan_input_directions", type: 7, ints: [1] },
    graph("body", body),
  ];
  const model = modelBytes({
    node: [node("Scan", ["start", "x"], ["last", "all"], { attribute })],
    input: [value("x", [3, 2])],
    output: [value("last", [2]), value("all", [3, 2])],
    initializer: [floats("start", [2], [0, 0])],
  });
  expect(run(model, [1, 2, 3, 4, 5, 6])).toEqual([
    [9, 12],
    [5, 6, 8, 10, 9, 12],
  ]);
});
