/** QDQ models as others write them: what onnxruntime computes, also where a layer has no int8 form. */
import { expect, test } from "vitest";
import { compile } from "../../src/compile.js";
import type { Graph, Node, Tensor } from "../../src/graph/ir.js";
import { hostProgram, runRow } from "../../src/host/run.js";
import { realValues, storedValues } from "../../src/host/values.js";
import { writeModel } from "../../src/onnx/write.js";
import { constant, isFeed, oneNodeModel, randomValues, session, typedSession } from "../onnxruntime.js";
import { integerCases } from "./cases/quantised.js";

const scalar = (name: string, type: "float32" | "uint8", value: number): Tensor => ({
  name,
  type,
  shape: [],
  data: type === "float32" ? Float32Array.of(value) : Uint8Array.of(value),
});

const make = (operator: string, inputs: string[], output: string): Node => ({
  name: output,
  operator,
  domain: "",
  inputs,
  outputs: [output],
  attributes: {},
});

/** x -> Gemm -> (Relu dropped: zero point 0) -> Gemm -> y, with asymmetric weights, which have no int8 kernel. */
function clampedBySaturation(): Uint8Array {
  const bytes = randomValues(16, 5, 127).map((v) => v + 128);
  const tensors: Tensor[] = [
    { name: "x", type: "float32", shape: [1, 4] },
    { name: "w", type: "uint8", shape: [4, 4], data: Uint8Array.from(bytes) },
    scalar("xs", "float32", 0.03),
    scalar("xz", "uint8", 128),
    scalar("ws", "float32", 0.01),
    scalar("wz", "uint8", 120),
    scalar("as", "float32", 0.02),
    scalar("az", "uint8", 0),
    scalar("bs", "float32", 0.05),
    scalar("bz", "uint8", 128),
    { name: "y", type: "float32", shape: [1, 4] },
  ];
  const pair = (value: string, p: string, result: string) => [
    make("QuantizeLinear", [value, `${p}s`, `${p}z`], `${value}_q`),
    make("DequantizeLinear", [`${value}_q`, `${p}s`, `${p}z`], result),
  ];
  const graph: Graph = {
    name: "saturation",
    opset: 13,
    inputs: ["x"],
    outputs: ["y"],
    nodes: [
      ...pair("x", "x", "xd"),
      make("DequantizeLinear", ["w", "ws", "wz"], "wd"),
      make("Gemm", ["xd", "wd"], "a"),
      ...pair("a", "a", "ad"),
      make("Gemm", ["ad", "wd"], "b"),
      ...pair("b", "b", "y"),
    ],
    tensors: new Map(tensors.map((tensor) => [tensor.name, tensor])),
  };
  return writeModel(graph, { producer: "test" });
}

test("a Relu that only the quantisation expresses is kept between layers in float32", async () => {
  const model = clampedBySaturation();
  const oracle = await session(model);
  const int8 = compile(model, {}).program;
  const float = compile(model, { precision: "float32" }).program;
  expect(int8.steps.some(({ kernel }) => kernel === "nn_fully_connected_f32")).toBe(true);
  const [input] = int8.inputs.map((id) => int8.tensors[id]);
  const [output] = int8.outputs.map((id) => int8.tensors[id]);
  for (let i = 0; i < 20; i++) {
    const x = randomValues(4, i + 1, 3);
    const expected = await oracle([x], [[1, 4]]);
    const ours = realValues(output, runRow(hostProgram(int8), int8, [storedValues(input, x)])[0]);
    const [real] = runRow(hostProgram(float), float, [x]) as Float32Array[];
    for (const [k, value] of expected.entries()) {
      expect(Math.abs(ours[k] - value)).toBeLessThanOrEqual(0.0501);
      expect(Math.abs(real[k] - value)).toBeLessThanOrEqual(0.15);
    }
  }
});

test("several outputs may be the same value, an input or a constant", () => {
  const tensors: Tensor[] = [
    { name: "x", type: "float32", shape: [1, 4] },
    { name: "k", ...constant([3], 1) },
    ...["r", "d", "c", "y"].map((name): Tensor => ({ name, type: "float32", shape: name === "c" ? [3] : [1, 4] })),
  ];
  const graph: Graph = {
    name: "same",
    opset: 13,
    inputs: ["x"],
    outputs: ["r", "d", "c", "y"],
    nodes: [
      make("Relu", ["x"], "r"),
      make("Dropout", ["r"], "d"),
      make("Identity", ["k"], "c"),
      make("Identity", ["x"], "y"),
    ],
    tensors: new Map(tensors.map((tensor) => [tensor.name, tensor])),
  };
  const { graph: compiled, program } = compile(writeModel(graph, { producer: "test" }), { precision: "float32" });
  expect(compiled.outputs).toEqual(["r", "d", "c", "y"]);
  const x = Float32Array.of(-1, 2, -3, 4);
  const [r, d, c, y] = runRow(hostProgram(program), program, [x]);
  expect(r).toEqual(Float32Array.of(0, 2, 0, 4));
  expect(d).toEqual(r);
  expect(c).toEqual(tensors[1].data);
  expect(y).toEqual(x);
});

test.each([
  ["Relu", []],
  ["Add", [[1, 4], undefined]],
  ["Conv", [[1, 4, 3, 3]]],
  ["Concat", []],
] as const)("%s without a mandatory input is refused, naming the node", (operator, inputs) => {
  const model = oneNodeModel({ operator, inputs: inputs as never, output: [1, 4], attributes: { axis: 0 } });
  expect(() => compile(model, { precision: "float32" })).toThrow(
    expect.objectContaining({ code: "E_SHAPE", node: "node" }),
  );
});

test("statistics that fold to NaN are refused", () => {
  const channels = constant([3], 1);
  const variance = { type: "float32" as const, shape: [3], data: Float32Array.of(-1, -1, -1) };
  const model = oneNodeModel({
    operator: "BatchNormalization",
    inputs: [[1, 3, 4, 4], channels, channels, channels, variance],
    output: [1, 3, 4, 4],
  });
  expect(() => compile(model, { precision: "float32" })).toThrow(
    expect.objectContaining({ code: "E_WEIGHTS_NOT_FINITE" }),
  );
});

test.each(integerCases)("$operator of $name runs on integers in int8 firmware and equals onnxruntime", async (node) => {
  const model = oneNodeModel(node);
  const { program } = compile(model, {});
  expect(program.steps.filter(({ kernel }) => kernel.includes("f32"))).toEqual([]);
  const fed = node.inputs.filter((input) => isFeed(input));
  expect(program.inputs.map((id) => program.tensors[id].type)).toEqual(fed.map(({ type }) => type));
  const [expected] = node.expected ?? (await (await typedSession(model))(fed));
  const actual = runRow(
    hostProgram(program),
    program,
    fed.map(({ data }) => data!),
  )[0];
  expect(actual.constructor).toBe(expected.constructor);
  expect(actual.length).toBe(expected.length);
  const differing = Array.from(actual as Int8Array, (value, i) => Math.abs(value - Number(expected[i])));
  expect(Math.max(...differing)).toBeLessThanOrEqual(1);
  expect(differing.filter((difference) => difference > 0).length).toBeLessThanOrEqual(actual.length / 4);
});
