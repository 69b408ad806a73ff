import { describe, expect, test } from "vitest";
import type { Graph, TypedArray } from "../../src/graph/ir.js";
import { bindShapes } from "../../src/onnx/bind_shapes.js";
import { type NodeProto, type TensorProto, toBigInt, toNumber } from "../../src/onnx/proto.js";
import { readModel } from "../../src/onnx/read.js";
import { writeModel } from "../../src/onnx/write.js";
import { FLOAT, floats, modelBytes, node, value } from "./model_bytes.js";

const constant = (tensor: TensorProto) =>
  readModel(modelBytes({ initializer: [{ name: "w", ...tensor }] })).graph.tensors.get("w")!;
const raw = (hex: string) => Uint8Array.from(Buffer.from(hex, "hex"));

describe("constants", () => {
  // Two elements of every type, as raw bytes and as typed fields; numbers of TensorProto.DataType.
  const cases: [string, number, string, Partial<TensorProto>, TypedArray][] = [
    ["float32", 1, "0000803f000020c0", { floatData: [1, -2.5] }, Float32Array.of(1, -2.5)],
    ["uint8", 2, "ff01", { int32Data: [255, 1] }, Uint8Array.of(255, 1)],
    ["int8", 3, "ff01", { int32Data: [-1, 1] }, Int8Array.of(-1, 1)],
    ["uint16", 4, "ffff0100", { int32Data: [65535, 1] }, Uint16Array.of(65535, 1)],
    ["int16", 5, "ffff0100", { int32Data: [-1, 1] }, Int16Array.of(-1, 1)],
    ["int32", 6, "ffffffff01000000", { int32Data: [-1, 1] }, Int32Array.of(-1, 1)],
    ["int64", 7, "ffffffffffffff7f0000000000000080", {}, BigInt64Array.of(2n ** 63n - 1n, -(2n ** 63n))],
    ["bool", 9, "0001", { int32Data: [0, 1] }, Uint8Array.of(0, 1)],
    ["float16", 10, "003c00c1", { int32Data: [0x3c00, 0xc100] }, Float32Array.of(1, -2.5)],
    ["float64", 11, "000000000000f03f9a9999999999b93f", { doubleData: [1, 0.1] }, Float32Array.of(1, 0.1)],
    ["uint32", 12, "ffffffff01000000", { uint64Data: [2 ** 32 - 1, 1] }, Uint32Array.of(2 ** 32 - 1, 1)],
    ["uint64", 13, "ffffffffffffffff0100000000000000", {}, BigUint64Array.of(2n ** 64n - 1n, 1n)],
    ["bfloat16", 16, "803f20c0", { int32Data: [0x3f80, 0xc020] }, Float32Array.of(1, -2.5)],
  ];
  test.each(cases)("%s", (type, dataType, hex, field, data) => {
    const expected = { name: "w", type: data instanceof Float32Array ? "float32" : type, shape: [2], data };
    expect(constant({ dataType, dims: [2], rawData: raw(hex) })).toEqual(expected);
    if (Object.keys(field).length > 0) expect(constant({ dataType, dims: [2], ...field })).toEqual(expected);
    const graph = bindShapes(
      readModel(modelBytes({ initializer: [{ name: "w", dataType, dims: [2], rawData: raw(hex) }] })),
    );
    expect(bindShapes(readModel(writeModel(graph, { producer: "test" })))).toEqual(graph);
  });

  test("64-bit typed fields are exact", () => {
    const min = { low: 0, high: -0x80000000, unsigned: false };
    const int64Data = [min, { low: 1, high: 0x200000, unsigned: false }] as unknown as number[];
    expect(constant({ dataType: 7, dims: [2], int64Data }).data).toEqual(
      BigInt64Array.of(-(2n ** 63n), 2n ** 53n + 1n),
    );
    const uint64Data = [{ low: -1, high: -1, unsigned: true }] as unknown as number[];
    expect(constant({ dataType: 13, dims: [1], uint64Data }).data).toEqual(BigUint64Array.of(2n ** 64n - 1n));
    expect(toBigInt({ low: -1, high: -1, unsigned: false })).toBe(-1n);
    expect(toNumber({ low: 0, high: 1, unsigned: false })).toBe(2 ** 32);
  });

  test("scalars, empty tensors and booleans other than 1", () => {
    expect(constant({ dataType: FLOAT, dims: [], floatData: [3] })).toMatchObject({
      shape: [],
      data: Float32Array.of(3),
    });
    expect(constant({ dataType: FLOAT, dims: [0] })).toMatchObject({ shape: [0], data: new Float32Array(0) });
    expect(constant({ dataType: 9, dims: [2], rawData: raw("0005") }).data).toEqual(Uint8Array.of(0, 1));
  });

  test("do not hold on to the bytes of the file", () => {
    const { data } = constant(floats("w", [4], [1, 2, 3, 4]));
    expect(data?.buffer.byteLength).toBe(16);
  });
});

describe("interface", () => {
  test("inputs that are also initializers are constants, whatever their number", () => {
    const model = readModel(modelBytes({ input: [value("w", [4]), value("x")] }));
    expect(model.graph.inputs).toEqual(["x"]);
    expect(model.inputs).toEqual([{ name: "x", type: "float32", dims: [1, 4] }]);
    expect([...model.graph.tensors.keys()]).toEqual(["w"]);
  });

  test("what the model declares of outputs and intermediate values", () => {
    const valueInfo = [value("m", ["N", 4]), { name: "s", type: { sequenceType: {} } }];
    const nodes = [node("Relu", ["x"], ["m"]), node("Add", ["m", "w"], ["y"])];
    const model = readModel(modelBytes({ valueInfo, node: nodes, output: [value("y", [1, 4]), { name: "m" }] }));
    expect(model.outputs).toEqual([{ name: "y", type: "float32", dims: [1, 4] }, undefined]);
    expect([...model.declared.values()]).toEqual([{ name: "m", type: "float32", dims: ["N", 4] }]);
  });

  test("operator sets, version and producer", () => {
    const opsetImport = [
      { domain: "ai.onnx", version: 13 },
      { domain: "com.microsoft", version: 1 },
    ];
    const model = readModel(modelBytes({}, { opsetImport, producerName: "pytorch", producerVersion: "2.0" }));
    expect(model).toMatchObject({ irVersion: 8, producer: "pytorch 2.0", graph: { opset: 13 } });
    expect([...model.opsets]).toEqual([
      ["", 13],
      ["com.microsoft", 1],
    ]);
  });
});

describe("nodes", () => {
  const names = (nodes: NodeProto[]) => readModel(modelBytes({ node: nodes })).graph.nodes.map((n) => n.name);

  test("get unique names: their own, numbered, or operator and index", () => {
    const relu = (i: number, name: string) =>
      node("Relu", [i === 0 ? "x" : `v${i}`], [i === 5 ? "y" : `v${i + 1}`], { name });
    expect(names([relu(0, ""), relu(1, "a"), relu(2, "a"), relu(3, "a_2"), relu(4, ""), relu(5, "Relu_4")])).toEqual([
      "Relu_0",
      "a",
      "a_3",
      "a_2",
      "Relu_4_2",
      "Relu_4",
    ]);
  });

  test("in order stay in order; others move up just before their reader", () => {
    const a = node("Relu", ["x"], ["a"]);
    const b = node("Relu", ["x"], ["b"]);
    const c = node("Add", ["a", "b"], ["c"]);
    const y = node("Relu", ["c"], ["y"]);
    expect(names([b, a, c, y])).toEqual(["b", "a", "c", "y"]);
    expect(names([y, c, b, a])).toEqual(["a", "b", "c", "y"]);
    expect(names([b, c, a, y])).toEqual(["b", "a", "c", "y"]);
  });

  test("a chain longer than the call stack, in reverse order", () => {
    const length = 30_000;
    const chain = Array.from({ length }, (_, i) =>
      node("Relu", [i === 0 ? "x" : `v${i}`], [i === length - 1 ? "y" : `v${i + 1}`]),
    );
    expect(names(chain.toReversed()).slice(0, 3)).toEqual(["v1", "v2", "v3"]);
  });

  test("a node waits for the values that its subgraph reads", () => {
    const inner = {
      name: "inner",
      node: [node("Relu", ["late"], ["z"])],
      output: [{ name: "z" }],
      initializer: [floats("k", [1], [2])],
    };
    const branch = {
      name: "outer",
      node: [node("If", ["w"], ["q"], { attribute: [{ name: "else_branch", type: 5, g: inner }] })],
      output: [{ name: "q" }],
    };
    const choice = node("If", ["w"], ["y"], { attribute: [{ name: "then_branch", type: 5, g: branch }] });
    const { graph } = readModel(modelBytes({ node: [choice, node("Relu", ["x"], ["late"])] }));
    expect(graph.nodes.map((n) => n.name)).toEqual(["late", "y"]);
    const then = graph.nodes[1].attributes.then_branch as Graph;
    const deepest = then.nodes[0].attributes.else_branch as Graph;
    expect(deepest).toMatchObject({ name: "inner", opset: 17, inputs: [], outputs: ["z"] });
    expect(deepest.tensors.get("k")?.data).toEqual(Float32Array.of(2));
    const bound = bindShapes(readModel(modelBytes({ node: [choice, node("Relu", ["x"], ["late"])] })));
    expect(bindShapes(readModel(writeModel(bound, { producer: "test" })))).toEqual(bound);
  });

  test("keep unknown domains; ai.onnx is the default one", () => {
    const nodes = [
      node("Foo", ["x", ""], ["a", "", "b"], { domain: "acme" }),
      node("Relu", ["a"], ["y"], { domain: "ai.onnx" }),
    ];
    const graph = bindShapes(readModel(modelBytes({ node: nodes })));
    expect(graph.nodes.map((n) => n.domain)).toEqual(["acme", ""]);
    expect(graph.nodes[0]).toMatchObject({ inputs: ["x", ""], outputs: ["a", "", "b"] });
    const again = readModel(writeModel(graph, { producer: "test", opsets: new Map([["acme", 3]]) }));
    expect(again.opsets.get("acme")).toBe(3);
  });

  test("attributes of every kind, and back", () => {
    const int64Max = { low: -1, high: 0x7fffffff, unsigned: false } as unknown as number;
    const text = (s: string) => new TextEncoder().encode(s);
    const attribute = [
      { name: "alpha", type: 1, f: 1 },
      { name: "axis", type: 2, i: -1 },
      { name: "ends", type: 7, ints: [1, int64Max] },
      { name: "mode", type: 3, s: text("naïve") },
      { name: "scales", type: 6, floats: [1, 2] },
      { name: "activations", type: 8, strings: [text("Tanh")] },
      { name: "value", type: 4, t: floats("t", [2], [1, 2]) },
      { name: "pads", type: 7, ints: [] },
      { name: "untyped", f: 0.5 },
      { name: "__proto__", type: 2, i: 7 },
    ];
    const graph = bindShapes(readModel(modelBytes({ node: [node("Foo", ["x", "w"], ["y"], { attribute })] })));
    const { attributes } = graph.nodes[0];
    expect(Object.entries(attributes)).toEqual([
      ["alpha", 1],
      ["axis", -1],
      ["ends", [1, 2 ** 63]],
      ["mode", "naïve"],
      ["scales", [1, 2]],
      ["activations", ["Tanh"]],
      ["value", { name: "t", type: "float32", shape: [2], data: Float32Array.of(1, 2) }],
      ["pads", []],
      ["untyped", 0.5],
      ["__proto__", 7],
    ]);
    const again = bindShapes(readModel(writeModel(graph, { producer: "test" })));
    expect(Object.entries(again.nodes[0].attributes)).toEqual(Object.entries(attributes));
  });
});

test("fields of newer ONNX versions are skipped", () => {
  // ModelProto.configuration (26) of IR version 11.
  const bytes = [
    ...modelBytes({}, { irVersion: 12, opsetImport: [{ domain: "", version: 24 }] }),
    0xd2,
    0x01,
    0x02,
    0x0a,
    0x00,
  ];
  expect(readModel(Uint8Array.from(bytes))).toMatchObject({ irVersion: 12, graph: { opset: 24 } });
});

describe("shapes", () => {
  const model = readModel(
    modelBytes({ input: [value("x", ["N", 3, "H", "H"]), value("z", ["H", "N"]), value("w", [4])] }),
  );

  test("axis 0 defaults to 1; a bound name holds for every input", () => {
    const graph = bindShapes(model, new Map([["x", [2, 3, 8, 8]]]));
    expect(["x", "z"].map((name) => graph.tensors.get(name)?.shape)).toEqual([
      [2, 3, 8, 8],
      [8, 2],
    ]);
    const batch = readModel(modelBytes({ input: [value("x", ["batch", 4])] }));
    expect(bindShapes(batch).tensors.get("x")).toEqual({ name: "x", type: "float32", shape: [1, 4] });
    expect([...bindShapes(batch).tensors.keys()]).toEqual(["x", "w"]);
  });

  test.each([
    ["an unknown input", "q", [1], /no input "q"; its inputs: "x", "z"/],
    ["another rank", "x", [2, 3, 8], /contradicts the model: input "x" is \[N,3,H,H\]/],
    ["another size", "x", [2, 4, 8, 8], /contradicts the model/],
    ["two sizes for one name", "x", [2, 3, 8, 9], /dimension "H" is 8 elsewhere/],
    ["no size", "x", [2, 3, -1, -1], /at least 0/],
  ])("refuses %s", (_, name, shape, message) => {
    expect(() => bindShapes(model, new Map([[name, shape]]))).toThrow(message);
  });
});
