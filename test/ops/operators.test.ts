/**
 * Every operator, in every form that matters, compiled from ONNX: float32 on the host reference against onnxruntime,
 * and int8 against onnxruntime on the QDQ model that the quantiser writes.
 */
import { describe, expect, test } from "vitest";
import { compile } from "../../src/compile.js";
import { elementCount, type Shape } from "../../src/graph/ir.js";
import { hostProgram, runRow } from "../../src/host/run.js";
import { realValues, storedValues } from "../../src/host/values.js";
import { lower } from "../../src/lower/lower.js";
import { writeModel } from "../../src/onnx/write.js";
import { exportQdq } from "../../src/quantize/export_qdq.js";
import { type OneNode, oneNodeModel, randomValues, session } from "../onnxruntime.js";
import { type Case, cases } from "./float_cases.js";

const shapesOf = (node: OneNode) => node.inputs.filter((input): input is Shape => Array.isArray(input));

function rowsOf(node: Case, count: number) {
  const shapes = shapesOf(node);
  return {
    rows: count,
    row: (i: number) => shapes.map((shape, k) => randomValues(elementCount(shape), 97 * i + k + 1, node.range ?? 1)),
  };
}

describe.each(cases)("$operator: $name", (node) => {
  const model = oneNodeModel(node);
  const shapes = shapesOf(node);
  const data = rowsOf(node, 8);

  test("float32 equals onnxruntime", async () => {
    const { program } = compile(model, { precision: "float32" });
    const host = hostProgram(program);
    const oracle = await session(model);
    expect(program.tensors[program.outputs[0]].shape).toEqual(node.output);
    for (let i = 0; i < 4; i++) {
      const expected = await oracle(data.row(i), shapes);
      const [actual] = runRow(host, program, data.row(i)) as Float32Array[];
      const scale = Math.max(...expected.map(Math.abs), 1e-3);
      for (const [k, value] of expected.entries()) {
        expect(Math.abs(actual[k] - value)).toBeLessThanOrEqual(1e-5 * scale);
      }
    }
  });

  test("int8 equals onnxruntime on the QDQ model, within one step", async () => {
    const { program, graph } = compile(model, { calibration: () => data });
    const float32 = program.steps.filter((step) => step.kernel.includes("_f32"));
    expect(float32.length > 0).toBe(node.hybrid ?? false);
    const host = hostProgram(program);
    const exported = writeModel(exportQdq(graph), { producer: "test" });
    const oracle = await session(exported);
    const [output] = program.outputs.map((id) => program.tensors[id]);
    const step = output.scale ?? 1e-5;
    for (let i = 0; i < 4; i++) {
      const real = data.row(i);
      const expected = await oracle(real, shapes);
      const stored = program.inputs.map((id, k) => storedValues(program.tensors[id], real[k]));
      const actual = realValues(output, runRow(host, program, stored)[0]);
      for (const [k, value] of expected.entries()) {
        expect(Math.abs(actual[k] - value)).toBeLessThanOrEqual(1.01 * step);
      }
    }
    const again = compile(exported, {});
    expect(again.view.signature).toBe(compile(model, { calibration: () => data }).view.signature);
  });

  test("the float program's values lie near the int8 program's", () => {
    const { program, graph } = compile(model, { calibration: () => data });
    const float = lower(graph, { precision: "float32", io: "float32" });
    const [output] = program.outputs.map((id) => program.tensors[id]);
    const real = data.row(0);
    const stored = program.inputs.map((id, k) => storedValues(program.tensors[id], real[k]));
    const actual = realValues(output, runRow(hostProgram(program), program, stored)[0]);
    const [expected] = runRow(hostProgram(float), float, real) as Float32Array[];
    const scale = Math.max(...expected.map(Math.abs), 1e-3);
    for (const [k, value] of expected.entries()) {
      expect(Math.abs(actual[k] - value)).toBeLessThanOrEqual(0.1 * scale + 2 * (output.scale ?? 0));
    }
  });
});
