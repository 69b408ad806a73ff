/** Normalisations, written out and as ONNX operators, become one node with its scale and bias. */
import { describe, expect, test } from "vitest";
import { canonicalGraph, compile, read } from "../../src/compile.js";
import { hostProgram, runRow } from "../../src/host/run.js";
import { realValues, storedValues } from "../../src/host/values.js";
import { writeModel } from "../../src/onnx/write.js";
import { exportQdq } from "../../src/quantize/export_qdq.js";
import { floats, modelBytes, node, value } from "../onnx/model_bytes.js";
import { randomValues, session } from "../onnxruntime.js";

const SHAPE = [1, 6, 16];
const reals = (name: string, dims: number[], seed: number) =>
  floats(name, dims, [
    ...randomValues(
      dims.reduce((a, b) => a * b, 1),
      seed,
      2,
    ),
  ]);
const axes = { name: "axes", type: 7, ints: [-1] };
const mean = (x: string, y: string) => node("ReduceMean", [x], [y], { attribute: [axes] });

/** As exporters write it up to operator set 16. */
const WRITTEN_OUT = [
  mean("x", "m"),
  node("Sub", ["x", "m"], ["d"]),
  node("Pow", ["d", "two"], ["dd"]),
  mean("dd", "v"),
  node("Add", ["v", "epsilon"], ["ve"]),
  node("Sqrt", ["ve"], ["s"]),
  node("Div", ["d", "s"], ["n"]),
  node("Mul", ["n", "gamma"], ["g"]),
  node("Add", ["g", "beta"], ["y"]),
];
const INITIALIZERS = [
  floats("two", [], [2]),
  floats("epsilon", [], [1e-5]),
  reals("gamma", [16], 1),
  reals("beta", [16], 2),
];

const model = (nodes: object[], outputs = ["y"], opset = 13) =>
  modelBytes(
    {
      node: nodes,
      input: [value("x", SHAPE)],
      output: outputs.map((name) => value(name, SHAPE)),
      initializer: INITIALIZERS,
    },
    { opsetImport: [{ domain: "", version: opset }] },
  );

const rows = { rows: 8, row: (i: number) => [randomValues(96, i + 1, 3)] };
const nodesOf = (bytes: Uint8Array) => canonicalGraph(read(bytes)).nodes;

const instance = [
  node("InstanceNormalization", ["x", "six", "bias"], ["y"], { attribute: [{ name: "epsilon", type: 1, f: 1e-5 }] }),
];

describe.each([
  ["written out", model(WRITTEN_OUT)],
  ["written out, operands exchanged", model([...WRITTEN_OUT.slice(0, 8), node("Add", ["beta", "g"], ["y"])])],
  ["without a scale", model([...WRITTEN_OUT.slice(0, 7), node("Add", ["n", "beta"], ["y"])])],
  ["LayerNormalization", model([node("LayerNormalization", ["x", "gamma", "beta"], ["y"])], ["y"], 17)],
  [
    "InstanceNormalization",
    modelBytes({
      node: instance,
      input: [value("x", SHAPE)],
      output: [value("y", SHAPE)],
      initializer: [reals("six", [6], 3), reals("bias", [6], 4)],
    }),
  ],
])("%s", (_, bytes) => {
  test("is one step, in float32 equal to onnxruntime", async () => {
    expect(nodesOf(bytes).map(({ operator }) => operator)).toEqual(["MeanVarianceNormalization"]);
    const { program } = compile(bytes, { precision: "float32" });
    expect(program.steps.map(({ kernel }) => kernel)).toEqual(["nn_normalize_f32"]);
    const run = await session(bytes);
    const [actual] = runRow(hostProgram(program), program, rows.row(0));
    const expected = await run(rows.row(0), [SHAPE]);
    expected.forEach((wanted, i) => {
      expect(Math.abs(Number(actual[i]) - wanted)).toBeLessThan(2e-5);
    });
  });

  test("in int8 within a step of onnxruntime on the QDQ model, which reads back the same", async () => {
    const { program, graph, files } = compile(bytes, { name: "net", calibration: () => rows });
    expect(program.steps.map(({ kernel }) => kernel)).toEqual(["nn_normalize_s8"]);
    const qdq = writeModel(exportQdq(graph), { producer: "test" });
    expect([...compile(qdq, { name: "net" }).files]).toEqual([...files]);
    const run = await session(qdq, "disabled");
    const [x, y] = [program.inputs[0], program.outputs[0]].map((id) => program.tensors[id]);
    for (let i = 0; i < rows.rows; i++) {
      const [real] = rows.row(i);
      const [actual] = runRow(hostProgram(program), program, [storedValues(x, real)]);
      const expected = await run([real], [SHAPE]);
      realValues(y, actual).forEach((got, k) => {
        expect(Math.abs(got - expected[k])).toBeLessThanOrEqual(1.001 * y.scale!);
      });
    }
  });
});

describe("leaves alone", () => {
  const operators = (nodes: object[], outputs?: string[]) => nodesOf(model(nodes, outputs)).map((n) => n.operator);

  test("a scale of values that others read", () => {
    expect(operators(WRITTEN_OUT, ["y", "n"]).sort()).toEqual(["Add", "MeanVarianceNormalization", "Mul"]);
  });
  test("a variance of something else", () => {
    const other = [...WRITTEN_OUT.slice(0, 2), node("Mul", ["d", "x"], ["dd"]), ...WRITTEN_OUT.slice(3)];
    expect(operators(other)).not.toContain("MeanVarianceNormalization");
  });
  test("a scale that makes the result larger", () => {
    const wide = modelBytes({
      node: [...WRITTEN_OUT.slice(0, 7), node("Mul", ["n", "many"], ["y"])],
      input: [value("x", SHAPE)],
      output: [value("y", [3, 6, 16])],
      initializer: [...INITIALIZERS, reals("many", [3, 1, 1], 5)],
    });
    expect(nodesOf(wide).map(({ operator }) => operator)).toEqual(["MeanVarianceNormalization", "Mul"]);
  });
});
