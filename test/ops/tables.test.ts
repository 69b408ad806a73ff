/** Chains of elementwise operators between two int8 values become one table. */
import { expect, test } from "vitest";
import { compile } from "../../src/compile.js";
import type { Graph, Node, Tensor } from "../../src/graph/ir.js";
import { hostProgram, runRow } from "../../src/host/run.js";
import { realValues, storedValues } from "../../src/host/values.js";
import { writeModel } from "../../src/onnx/write.js";
import { exportQdq } from "../../src/quantize/export_qdq.js";
import { randomValues, session } from "../onnxruntime.js";

const node = (operator: string, inputs: string[], output: string): Node => ({
  ...{ name: output, operator, domain: "", inputs, outputs: [output], attributes: {} },
});

const scalar = (name: string, value: number): Tensor => ({
  ...{ name, type: "float32", shape: [], data: Float32Array.of(value) },
});

const line = (name: string): Tensor => ({ name, type: "float32", shape: [4, 16] });

function model(nodes: readonly Node[], constants: readonly Tensor[], outputs: readonly string[]) {
  const values = nodes.flatMap((made) => made.outputs.map(line));
  const tensors = new Map([line("x"), ...constants, ...values].map((tensor) => [tensor.name, tensor]));
  const graph: Graph = { name: "chain", opset: 13, inputs: ["x"], outputs, nodes, tensors };
  return writeModel(graph, { producer: "test" });
}

const rows = { rows: 8, row: (i: number) => [randomValues(64, i + 1, 4)] };

/** x * (0.5 + tanh(x / 1.5) / 2) as exporters write it. */
const gate = [
  node("Div", ["x", "width"], "narrow"),
  node("Tanh", ["narrow"], "soft"),
  node("Add", ["soft", "one"], "shifted"),
  node("Mul", ["x", "shifted"], "twice"),
  node("Mul", ["twice", "half"], "y"),
];
const constants = [scalar("width", 1.5), scalar("one", 1), scalar("half", 0.5)];

test("a gate written out is one table, as exact as its scale", async () => {
  const { program, graph } = compile(model(gate, constants, ["y"]), { calibration: () => rows });
  expect(program.steps.map(({ kernel }) => kernel)).toEqual(["nn_lut_s8"]);
  const oracle = await session(writeModel(exportQdq(graph), { producer: "test" }));
  const [x, y] = [program.inputs[0], program.outputs[0]].map((id) => program.tensors[id]);
  for (let i = 0; i < 4; i++) {
    const real = rows.row(i);
    const [actual] = runRow(hostProgram(program), program, [storedValues(x, real[0])]);
    const expected = await oracle(real, [[4, 16]]);
    realValues(y, actual).forEach((value, k) => {
      expect(Math.abs(value - expected[k])).toBeLessThanOrEqual(1.001 * y.scale!);
    });
  }
});

test("a value on the way that others read keeps its own scale", () => {
  const bytes = model(gate, constants, ["y", "soft"]);
  const { program } = compile(bytes, { calibration: () => rows });
  expect(program.tensors.find(({ name }) => name === "soft")?.scale).toBe(1 / 128);
});

test("two sources are no table", () => {
  const nodes = [node("Transpose", ["x"], "t"), node("Reshape", ["t", "shape"], "r"), node("Mul", ["x", "r"], "y")];
  const shape: Tensor = { name: "shape", type: "int64", shape: [2], data: BigInt64Array.of(4n, 16n) };
  const { program } = compile(model(nodes, [shape], ["y"]), { calibration: () => rows });
  expect(program.steps.map(({ kernel }) => kernel)).toContain("nn_mul_s8");
});
