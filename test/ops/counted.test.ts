/** Outputs whose length depends on the data: the interface of the firmware, and what is refused. */
import { expect, test } from "vitest";
import { compile } from "../../src/compile.js";
import { manifestOf } from "../../src/emit/manifest.js";
import type { Graph, Node, Tensor } from "../../src/graph/ir.js";
import { loadProgram, storeProgram } from "../../src/host/store.js";
import { writeModel } from "../../src/onnx/write.js";

function model(nodes: readonly Partial<Node>[], outputs: readonly Tensor[]): Uint8Array {
  const value = (name: string, shape: readonly number[]): Tensor => ({ name, type: "float32", shape });
  const tensors = [value("x", [3, 2]), ...outputs].map((tensor) => [tensor.name, tensor] as const);
  const graph: Graph = {
    name: "counted",
    opset: 13,
    inputs: ["x"],
    outputs: outputs.map(({ name }) => name),
    nodes: nodes.map((node, i) => ({
      name: `n${i}`,
      operator: "",
      domain: "",
      inputs: [],
      outputs: [],
      attributes: {},
      ...node,
    })),
    tensors: new Map(tensors),
  };
  return writeModel(graph, { producer: "test" });
}

const nonzero = { operator: "NonZero", inputs: ["x"], outputs: ["where"] };
const where: Tensor = { name: "where", type: "int64", shape: [2, 6] };

test("the count is an output behind those of the model", () => {
  const compiled = compile(model([nonzero], [where]), { precision: "float32" });
  const manifest = manifestOf(compiled, "board", { file: "", sha256: "" });
  expect(manifest.outputs).toMatchObject([
    { name: "where", shape: [2, 6] },
    { name: "where_count", type: "int32", shape: [], countOf: [{ output: "where", axis: 1 }] },
  ]);
  expect(compiled.files.get("model.h")).toContain("output 0 along axis 1");
  expect(loadProgram(storeProgram(compiled.program)).counted).toEqual([{ output: 0, count: 1, axis: 1 }]);
});

test("two outputs of one value share the count", () => {
  const copy = { operator: "Identity", inputs: ["where"], outputs: ["copy"] };
  const { program } = compile(model([nonzero, copy], [where, { ...where, name: "copy" }]), { precision: "float32" });
  expect(program.outputs.length).toBe(3);
  expect(program.counted).toEqual([
    { output: 0, count: 2, axis: 1 },
    { output: 1, count: 2, axis: 1 },
  ]);
});

test("nodes that would compute on such a value are refused", () => {
  const node = { name: "turn", operator: "Transpose", inputs: ["where"], outputs: ["y"], attributes: { perm: [1, 0] } };
  const bytes = model([nonzero, node], [{ name: "y", type: "int64", shape: [6, 2] }]);
  expect(() => compile(bytes, { precision: "float32" })).toThrow(/node "turn" uses "where", whose length/);
});
