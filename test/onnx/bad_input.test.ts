/** Bad models: each gives one line, its code and exit status 3, within 2 s, and allocates nothing for huge shapes. */
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { EXIT, UserError } from "../../src/errors.js";
import { bindShapes } from "../../src/onnx/bind_shapes.js";
import { EXTERNAL, encodeModel } from "../../src/onnx/proto.js";
import { readModel, readModelFile } from "../../src/onnx/read.js";
import { FLOAT, floats, modelBytes, node, value } from "./model_bytes.js";

function errorOf(action: () => unknown): UserError {
  // Processor time, not the clock: other work on the machine does not count.
  const start = process.cpuUsage();
  try {
    action();
  } catch (error) {
    expect(error).toBeInstanceOf(UserError);
    expect((error as UserError).message).not.toMatch(/[\n\r]/);
    expect((error as UserError).exitCode).toBe(EXIT.badModel);
    expect(process.cpuUsage(start).user).toBeLessThan(2_000_000);
    return error as UserError;
  }
  throw new Error("nothing was thrown");
}

const errorOfBytes = (bytes: Uint8Array) => errorOf(() => bindShapes(readModel(bytes)));

test("the model that the others are spoilt versions of is good", () => {
  const graph = bindShapes(readModel(modelBytes()));
  expect(graph.nodes.map((n) => n.operator)).toEqual(["Add"]);
});

describe("bytes that are no ONNX model", () => {
  const varint = (value: number): number[] =>
    value < 128 ? [value] : [(value % 128) + 128, ...varint(Math.floor(value / 128))];
  const field = (number: number, content: number[]) => [
    ...varint(number * 8 + 2),
    ...varint(content.length),
    ...content,
  ];
  const good = [...modelBytes()];

  test.each([
    ["text", Buffer.from("# a read-me, not a model\n")],
    ["a zip archive", Buffer.from("504b03040a00000000008d5a", "hex")],
    ["a TFLite model", Buffer.from("1c00000054464c3314002000", "hex")],
    ["zeros", new Uint8Array(1000)],
    ["a model without graph", Uint8Array.of(8, 8)],
    ["an over-long varint", Uint8Array.of(...good, 8, 0x88, 0x80, 0x00)],
    ["a varint of 11 bytes", Uint8Array.of(...good, 8, ...new Array(10).fill(0x80), 1)],
    ["a varint of more than 64 bits", Uint8Array.of(...good, 8, ...new Array(9).fill(0x80), 2)],
    ["a field of the wrong wire type", Uint8Array.of(...good, 7 * 8 + 0, 1)],
    ["a packed list where one number belongs", Uint8Array.of(...good, 1 * 8 + 2, 2, 8, 8)],
    ["field number 0", Uint8Array.of(...good, 2, 0)],
    ["a group", Uint8Array.of(...good, 30 * 8 + 3, 30 * 8 + 4)],
    ["a message that runs past its parent", Uint8Array.from(field(7, [1 * 8 + 2, 100]))],
  ])("%s", (_, bytes) => {
    expect(errorOfBytes(Uint8Array.from(bytes)).code).toBe("E_NOT_ONNX");
  });

  test("an empty file", () => {
    expect(errorOfBytes(new Uint8Array()).code).toBe("E_MODEL_EMPTY");
  });

  test("every truncation of a model", () => {
    for (let length = 1; length < good.length; length++) {
      // Cut between two fields, what is left is a smaller model and may lack anything.
      const { code } = errorOfBytes(Uint8Array.from(good.slice(0, length)));
      expect(["E_NOT_ONNX", "E_OPSET"], `${length} bytes`).toContain(code);
    }
  });

  test("any changed byte gives a model or a coded error", () => {
    fc.assert(
      fc.property(fc.nat(good.length - 1), fc.nat(255), (at, byte) => {
        const bytes = Uint8Array.from(good);
        bytes[at] = byte;
        try {
          bindShapes(readModel(bytes));
        } catch (error) {
          expect(error).toBeInstanceOf(UserError);
          expect((error as UserError).code).not.toBe("E_INTERNAL");
        }
      }),
      { seed: 5, numRuns: 2000 },
    );
  });

  test("deep nesting", () => {
    let type: number[] = [];
    for (let depth = 0; depth < 5000; depth++) type = field(4, field(1, type));
    // Built from the inside: quadratic in the depth, hence no deeper.
    const bytes = Uint8Array.from([...good, ...field(7, field(11, field(2, type)))]);
    expect(errorOfBytes(bytes)).toMatchObject({ code: "E_NOT_ONNX", message: expect.stringMatching(/nested/) });
  });

  test("small parts that would decode to gigabytes", () => {
    const dims = new Uint8Array(64e6).fill(1);
    const head = [1 * 8 + 2, ...varint(dims.length)];
    const tensor = [5 * 8 + 2, ...varint(dims.length + head.length), ...head];
    const graph = [7 * 8 + 2, ...varint(dims.length + tensor.length), ...tensor];
    const bytes = new Uint8Array(graph.length + dims.length);
    bytes.set(graph);
    bytes.set(dims, graph.length);
    expect(errorOfBytes(bytes)).toMatchObject({ code: "E_NOT_ONNX", message: expect.stringMatching(/small parts/) });
    // The same with empty nodes, two bytes each.
    const nodes = new Uint8Array(4e6).map((_, i) => (i % 2 === 0 ? 10 : 0));
    const model = [7 * 8 + 2, ...varint(nodes.length)];
    const many = new Uint8Array(model.length + nodes.length);
    many.set(model);
    many.set(nodes, model.length);
    expect(errorOfBytes(many)).toMatchObject({ code: "E_NOT_ONNX", message: expect.stringMatching(/small parts/) });
  });
});

describe("graphs", () => {
  test("a cycle", () => {
    const bytes = modelBytes({
      node: [node("Add", ["x", "b"], ["a"]), node("Relu", ["a"], ["b"]), node("Relu", ["b"], ["y"])],
    });
    expect(errorOfBytes(bytes)).toMatchObject({ code: "E_GRAPH_CYCLE", node: expect.stringMatching(/^[ab]$/) });
  });

  test("a cycle through a subgraph", () => {
    const branch = { name: "t", node: [node("Relu", ["y"], ["z"])], output: [value("z")] };
    const attribute = [{ name: "then_branch", type: 5, g: branch }];
    const bytes = modelBytes({ node: [node("If", ["x"], ["y"], { attribute })] });
    expect(errorOfBytes(bytes)).toMatchObject({ code: "E_GRAPH_CYCLE", node: "y" });
  });

  test.each([
    ["a node reads what nothing provides", { node: [node("Add", ["x", "gone"], ["y"])] }, "y", /"gone"/],
    ["an initializer is missing", { initializer: [] }, "y", /"w"/],
    ["the output is missing", { output: [value("z")] }, "z", /"z"/],
  ])("%s", (_, graph, name, message) => {
    expect(errorOfBytes(modelBytes(graph))).toMatchObject({
      code: "E_GRAPH_MISSING_VALUE",
      node: name,
      message: expect.stringMatching(message),
    });
  });

  test.each([
    ["two nodes write one value", { node: [node("Add", ["x", "w"], ["y"]), node("Relu", ["x"], ["y"])] }],
    ["a node writes an input", { node: [node("Add", ["x", "w"], ["x"])] }],
    ["a node writes an initializer", { node: [node("Add", ["x", "w"], ["w"])] }],
    ["two inputs", { input: [value("x"), value("x")] }],
    ["two outputs", { output: [value("y"), value("y")] }],
    ["two initializers", { initializer: [floats("w", [1], [1]), floats("w", [1], [1])] }],
  ])("duplicated names: %s", (_, graph) => {
    expect(errorOfBytes(modelBytes(graph)).code).toBe("E_GRAPH_DUPLICATE_NAME");
  });

  test.each([
    ["an input", { input: [value("x"), value("")] }],
    ["an initializer", { initializer: [floats("w", [1], [1]), floats("", [1], [1])] }],
  ])("without a name: %s", (what, graph) => {
    expect(errorOfBytes(modelBytes(graph))).toMatchObject({
      code: "E_NOT_ONNX",
      message: expect.stringContaining(`${what} of the graph has no name`),
    });
  });

  test("no outputs", () => {
    expect(errorOfBytes(modelBytes({ output: [] })).code).toBe("E_NOT_ONNX");
  });

  test.each([[25], [0], [2 ** 40]])("operator set %i", (version) => {
    const error = errorOfBytes(modelBytes({}, { opsetImport: [{ domain: "", version }] }));
    expect(error).toMatchObject({ code: "E_OPSET", message: expect.stringMatching(/versions 1 to 24/) });
  });

  test("no operator set", () => {
    expect(errorOfBytes(modelBytes({}, { opsetImport: [{ domain: "com.microsoft", version: 1 }] })).code).toBe(
      "E_OPSET",
    );
  });

  test("a call of a function of the model", () => {
    const functions = [{ name: "Add", domain: "" }];
    expect(errorOfBytes(modelBytes({}, { functions }))).toMatchObject({ code: "E_SHAPE", node: "y" });
    expect(() => readModel(modelBytes({}, { functions: [{ name: "Unused", domain: "" }] }))).not.toThrow();
  });

  test("attributes that no operator has, or without a value", () => {
    const withAttribute = (attribute: object) =>
      modelBytes({ node: [node("Add", ["x", "w"], ["y"], { attribute: [attribute] })] });
    expect(errorOfBytes(withAttribute({ name: "a", type: 9 })).code).toBe("E_OPERATOR_UNSUPPORTED");
    expect(errorOfBytes(withAttribute({ name: "a", type: 11 })).code).toBe("E_OPERATOR_UNSUPPORTED");
    expect(errorOfBytes(withAttribute({ name: "a", type: 4 })).code).toBe("E_NOT_ONNX");
    expect(errorOfBytes(withAttribute({ name: "a" })).code).toBe("E_NOT_ONNX");
    expect(errorOfBytes(withAttribute({ name: "a", type: 99 })).code).toBe("E_NOT_ONNX");
    expect(errorOfBytes(withAttribute({ name: "a", type: 1, refAttrName: "b" })).code).toBe("E_NOT_ONNX");
  });

  test("names with line ends and control characters stay on one line of the message", () => {
    const nasty = "a\nb\r\u0085\u2028\u001b[31m */ " + "x".repeat(500);
    const error = errorOfBytes(modelBytes({ node: [node("Add", ["x", nasty], ["y"])] }));
    expect(error.message.length).toBeLessThan(400);
    expect(error.message).not.toMatch(/[\p{Cc}\u2028]/u);
  });
});

describe("tensors", () => {
  const initializer = (tensor: object) => modelBytes({ initializer: [{ name: "w", dataType: FLOAT, ...tensor }] });

  test.each([
    ["weights", [4], [1, Number.NaN, 3, 4]],
    ["a scalar", [], [Number.NaN]],
  ])("NaN in %s", (_, dims, values) => {
    const bytes = modelBytes({ initializer: [floats("w", dims, values)] });
    expect(errorOfBytes(bytes)).toMatchObject({ code: "E_WEIGHTS_NOT_FINITE", node: "w" });
  });

  test("infinity is a value: a bound, or a mask", () => {
    const bound = modelBytes({ initializer: [floats("w", [], [Number.POSITIVE_INFINITY])] });
    expect(readModel(bound).graph.tensors.get("w")?.data).toEqual(Float32Array.of(Number.POSITIVE_INFINITY));
  });

  test("NaN in a Constant node", () => {
    const attribute = [{ name: "value", type: 4, t: floats("", [2], [Number.NaN, 0]) }];
    const bytes = modelBytes({ node: [node("Constant", [], ["c"], { attribute }), node("Add", ["x", "c"], ["y"])] });
    expect(errorOfBytes(bytes).code).toBe("E_WEIGHTS_NOT_FINITE");
  });

  test.each([
    ["raw data too short", { dims: [4], rawData: new Uint8Array(12) }],
    ["raw data too long", { dims: [4], rawData: new Uint8Array(17) }],
    ["too few values", { dims: [4], floatData: [1, 2, 3] }],
    ["no values", { dims: [4] }],
    ["values in the wrong field", { dims: [4], int32Data: [1, 2, 3, 4] }],
    ["a negative dimension", { dims: [-4], floatData: [] }],
    ["segments", { dims: [4], rawData: new Uint8Array(16), segment: { begin: 0, end: 1 } }],
  ])("%s", (_, tensor) => {
    expect(errorOfBytes(initializer(tensor))).toMatchObject({ code: "E_NOT_ONNX", node: "w" });
  });

  test.each([[[2 ** 31]], [[65536, 65536]], [[2 ** 20, 2 ** 20, 2 ** 20]], [[2 ** 62, 2 ** 62]], [[0, 2 ** 40]]])(
    "a constant of shape %j, before anything is allocated",
    (dims) => {
      expect(errorOfBytes(initializer({ dims, rawData: new Uint8Array(4) }))).toMatchObject({
        code: "E_SHAPE_TOO_LARGE",
        node: "w",
      });
    },
  );

  test("an input of a huge shape", () => {
    const bytes = modelBytes({ input: [value("x", [1, 65536, 65536])] });
    expect(errorOfBytes(bytes)).toMatchObject({ code: "E_SHAPE_TOO_LARGE", node: "x" });
  });

  test("element types that are not supported", () => {
    for (const dataType of [0, 14, 17, 22, 99]) {
      expect(errorOfBytes(initializer({ dataType, dims: [1], rawData: new Uint8Array(1) })).code).toBe("E_TYPE");
      expect(errorOfBytes(modelBytes({ input: [value("x", [1], dataType)] })).code).toBe("E_TYPE");
    }
    const sequence = { name: "x", type: { sequenceType: { elemType: value("x").type } } };
    expect(errorOfBytes(modelBytes({ input: [sequence] })).code).toBe("E_OUT_OF_SCOPE");
    expect(errorOfBytes(modelBytes({ input: [value("x", [1], 8)] })).code).toBe("E_OUT_OF_SCOPE");
    const sparse = { values: floats("w", [1], [1]), indices: floats("i", [1], [1]), dims: [4] };
    expect(errorOfBytes(modelBytes({ initializer: [], sparseInitializer: [sparse] })).code).toBe("E_TYPE");
  });
});

describe("dimensions without a size", () => {
  test.each([
    [["N", 3, "H", 96], /dimension 2 \("H"\); bind it: --shape x:1,3,<size>,96$/],
    [[1, 0, 4], /dimension 1; bind it: --shape x:1,<size>,4$/],
    [[1, -1], /dimension 1; bind it/],
  ])("%j", (dims, message) => {
    expect(errorOfBytes(modelBytes({ input: [value("x", dims)] }))).toMatchObject({
      code: "E_DYNAMIC_SHAPE",
      node: "x",
      message: expect.stringMatching(message),
    });
  });

  test("no shape at all", () => {
    const input = [{ name: "x", type: { tensorType: { elemType: FLOAT } } }];
    expect(errorOfBytes(modelBytes({ input })).code).toBe("E_DYNAMIC_SHAPE");
  });
});

describe("files", () => {
  let root: string;
  beforeAll(() => {
    root = mkdtempSync(join(tmpdir(), "onnx2mcu-models-"));
    mkdirSync(join(root, "model"));
    writeFileSync(join(root, "secret.bin"), new Uint8Array(16));
    symlinkSync(join(root, "secret.bin"), join(root, "model", "link.bin"));
    symlinkSync(root, join(root, "model", "up"));
    writeFileSync(join(root, "model", "short.bin"), new Uint8Array(15));
    writeFileSync(join(root, "model", "weights.bin"), new Uint8Array(Float32Array.of(9, 1, 2, 3, 4).buffer));
    mkdirSync(join(root, "model", "folder.bin"));
  });
  afterAll(() => rmSync(root, { recursive: true }));

  const external = (entries: Record<string, string>) => {
    const externalData = Object.entries(entries).map(([key, value]) => ({ key, value }));
    const path = join(root, "model", "model.onnx");
    const initializer = [{ name: "w", dataType: FLOAT, dims: [4], dataLocation: EXTERNAL, externalData }];
    writeFileSync(path, modelBytes({ initializer }));
    return path;
  };

  test("external data beside the model are read", () => {
    for (const location of ["weights.bin", "./weights.bin", "folder.bin/../weights.bin"]) {
      const { graph } = readModelFile(external({ location, offset: "4", length: "16" }));
      expect(graph.tensors.get("w")?.data).toEqual(Float32Array.of(1, 2, 3, 4));
    }
    expect(readModelFile(external({ location: "weights.bin" })).graph.tensors.get("w")?.data?.[0]).toBe(9);
  });

  test.each([
    ["a missing file", { location: "gone.bin" }],
    ["a path out of the folder", { location: "../secret.bin" }],
    ["a path out of it and back", { location: "../model/../secret.bin" }],
    ["an absolute path", { location: "/etc/passwd" }],
    ["a symbolic link out of the folder", { location: "link.bin" }],
    ["a path through a linked folder", { location: "up/secret.bin" }],
    ["a folder", { location: "folder.bin" }],
    ["a file that is too short", { location: "short.bin" }],
    ["an offset beyond the end", { location: "weights.bin", offset: "8" }],
    ["an offset that is no number", { location: "weights.bin", offset: "-4" }],
    ["a length other than the shape's", { location: "weights.bin", length: "12" }],
    ["no location", { offset: "0" }],
    ["a location with a NUL", { location: "weights.bin\0" }],
  ])("external data: %s", (_, entries) => {
    const error = errorOf(() => readModelFile(external(entries)));
    expect(error.code).toBe("E_EXTERNAL_DATA");
    expect(error.message).toContain("model.onnx: ");
  });

  test("external data of a model in memory", () => {
    const externalData = [{ key: "location", value: "weights.bin" }];
    const bytes = modelBytes({
      initializer: [{ name: "w", dataType: FLOAT, dims: [4], dataLocation: EXTERNAL, externalData }],
    });
    expect(errorOfBytes(bytes).code).toBe("E_EXTERNAL_DATA");
  });

  test("no such file, a folder, an empty file", () => {
    writeFileSync(join(root, "empty.onnx"), "");
    expect(errorOf(() => readModelFile(join(root, "gone.onnx"))).code).toBe("E_MODEL_NOT_FOUND");
    expect(errorOf(() => readModelFile(root)).code).toBe("E_MODEL_NOT_FOUND");
    expect(errorOf(() => readModelFile(join(root, "empty.onnx"))).code).toBe("E_MODEL_EMPTY");
  });
});

test("a model whose constants together are too large", () => {
  const initializer = Array.from({ length: 9 }, (_, i) => ({
    ...{ name: i === 0 ? "w" : `w${i}`, dataType: FLOAT, dims: [2 ** 22], dataLocation: EXTERNAL },
    externalData: [{ key: "location", value: "x" }],
  }));
  const model = encodeModel({
    opsetImport: [{ version: 17 }],
    graph: { node: [node("Add", ["x", "w"], ["y"])], input: [value("x")], output: [value("y")], initializer },
  });
  const shared = new Uint8Array(2 ** 24);
  const error = errorOf(() => readModel(model, { externalData: () => shared }));
  expect(error).toMatchObject({ code: "E_SHAPE_TOO_LARGE", node: "w8" });
});
