/** Functions of the model: expanded models compute what onnxruntime, which inlines them itself, computes. */
import proto from "onnx-proto";
import { describe, expect, test } from "vitest";
import { compile } from "../../src/compile.js";
import { UserError } from "../../src/errors.js";
import { hostProgram, runRow } from "../../src/host/run.js";
import type { AttributeProto, FunctionProto, GraphProto, ModelProto } from "../../src/onnx/proto.js";
import { encodeModel } from "../../src/onnx/proto.js";
import { readModel } from "../../src/onnx/read.js";
import { session } from "../onnxruntime.js";
import { floats, node, value } from "./model_bytes.js";

const OPSET = [{ domain: "", version: 17 }];
const imports = [...OPSET, { domain: "local", version: 1 }];

function made(name: string, input: string[], output: string[], rest: Partial<FunctionProto>): FunctionProto {
  return { name, domain: "local", input, output, opsetImport: imports, ...rest };
}

const call = (opType: string, input: string[], output: string[], attribute: AttributeProto[] = []) =>
  node(opType, input, output, { domain: "local", attribute });

const float = (name: string, f: number): AttributeProto => ({ name, type: 1, f });
const reference = (name: string, refAttrName: string): AttributeProto => ({ name, type: 1, refAttrName });

function model(functions: FunctionProto[], graph: Partial<GraphProto>, rest: Partial<ModelProto> = {}): Uint8Array {
  return encodeModel({
    irVersion: 8,
    opsetImport: imports,
    functions,
    graph: { name: "g", input: [value("x")], output: [value("y")], ...graph },
    ...rest,
  });
}

/** leaky(x) + x, the slope an attribute by reference. */
const LEAKY = made("Leaky", ["x"], ["y"], {
  attribute: ["slope"],
  node: [node("LeakyRelu", ["x"], ["t"], { attribute: [reference("alpha", "slope")] }), node("Add", ["t", "x"], ["y"])],
});

/** Calls Leaky twice, and its value t is another than theirs; "t" and "x" are names of the graph as well. */
const TWICE = made("Twice", ["t", "unused"], ["sum", "first"], {
  attribute: ["slope"],
  node: [
    call("Leaky", ["t"], ["first"], [reference("slope", "slope")]),
    call("Leaky", ["first"], ["x"], [float("slope", 0.5)]),
    node("Sub", ["x", "t"], ["sum"]),
  ],
});

const X = Float32Array.of(-2, 3, -0.25, 8);

function run(bytes: Uint8Array): number[][] {
  const { program } = compile(bytes, { precision: "float32" });
  return runRow(hostProgram(program), program, [X]).map((array) => Array.from(array as Float32Array));
}

describe("functions of the model", () => {
  test("nested calls with attributes by reference equal onnxruntime", async () => {
    const bytes = model([TWICE, LEAKY], {
      node: [
        call("Twice", ["x"], ["t", "p"], [float("slope", 0.1)]),
        call("Twice", ["t", "x"], ["q", "rest"], [float("slope", 0.25)]),
        node("Max", ["p", "q"], ["y"]),
      ],
    });
    const oracle = await session(bytes);
    const expected = await oracle([X], [[1, 4]]);
    run(bytes)[0].forEach((got, i) => {
      expect(got).toBeCloseTo(expected[i], 5);
    });
  });

  test("an attribute that the call leaves out is the operator's default", () => {
    const bytes = model([LEAKY], { node: [call("Leaky", ["x"], ["y"])] });
    const [y] = run(bytes);
    Array.from(X, (x) => x + Math.max(x, 0) + 0.01 * Math.min(x, 0)).forEach((wanted, i) => {
      expect(y[i]).toBeCloseTo(wanted, 6);
    });
  });

  test("defaults of the function stand for attributes that a call leaves out", () => {
    // FunctionProto.attribute_proto, field 11, is newer than the encoder: both messages are appended to by hand.
    const attribute = proto.onnx.AttributeProto.encode(float("slope", 0.5)).finish();
    const short = [(11 << 3) | 2, attribute.length, ...attribute];
    const plain = proto.onnx.FunctionProto.encode({ ...LEAKY, attribute: [] } as never).finish();
    const size = plain.length + short.length;
    const whole = Uint8Array.from([
      ...model([], { node: [call("Leaky", ["x"], ["y"])] }),
      ...[((25 << 3) & 127) | 2 | 128, 25 >> 4, size],
      ...[...plain, ...short],
    ]);
    expect(size).toBeLessThan(128);
    const [y] = run(whole);
    expect(y[0]).toBeCloseTo(-3, 6);
  });

  test("bodies with graphs inside, and outputs that are inputs", () => {
    const branch = (operator: string): GraphProto => ({
      name: operator,
      node: [node(operator, ["a", "w"], ["t"])],
      initializer: [floats("w", [4], [1, 2, 3, 4])],
      output: [value("t")],
    });
    const choose = made("Choose", ["c", "a"], ["r", "a"], {
      node: [
        node("If", ["c"], ["r"], {
          attribute: [
            { name: "then_branch", type: 5, g: branch("Add") },
            { name: "else_branch", type: 5, g: branch("Mul") },
          ],
        }),
      ],
    });
    const truth = (name: string, bit: number) => ({ name, dataType: 9, dims: [], rawData: Uint8Array.of(bit) });
    const bytes = model([choose], {
      initializer: [truth("yes", 1), truth("no", 0)],
      node: [
        call("Choose", ["yes", "x"], ["t"]),
        call("Choose", ["no", "t"], ["u", "copy"]),
        node("Sub", ["u", "copy"], ["y"]),
      ],
    });
    const wanted = Array.from(X, (x, i) => (x + i + 1) * (i + 1) - (x + i + 1));
    expect(run(bytes)[0]).toEqual(wanted.map(Math.fround));
  });

  test("a model that imports operators in its functions only", () => {
    const bytes = model(
      [LEAKY],
      { node: [call("Leaky", ["x"], ["y"], [float("slope", 1)])] },
      { opsetImport: [{ domain: "local", version: 1 }] },
    );
    expect(readModel(bytes).graph.opset).toBe(17);
    expect(run(bytes)[0]).toEqual(Array.from(X, (x) => 2 * x));
  });

  test.each([
    ["a function that calls itself", "E_GRAPH_CYCLE", [made("F", ["x"], ["y"], { node: [call("F", ["x"], ["y"])] })]],
    ["overloads", "E_OPERATOR_UNSUPPORTED", [made("F", ["x"], ["y"], {}), made("F", ["x"], ["y"], {})]],
    ["more inputs than it has", "E_SHAPE", [made("F", [], ["y"], {})]],
    ["a body that defines no output", "E_GRAPH_MISSING_VALUE", [made("F", ["x"], ["y"], {})]],
    [
      "a value that nobody provides",
      "E_GRAPH_MISSING_VALUE",
      [made("F", ["x"], ["y"], { node: [node("Add", ["x", "x/"], ["y"])] })],
    ],
  ])("%s is refused", (_, code, functions) => {
    const read = () => readModel(model(functions, { node: [call("F", ["x"], ["y"])] }));
    expect(read).toThrow(UserError);
    expect(read).toThrow(expect.objectContaining({ code }));
  });

  test("what would expand into millions of nodes is refused", () => {
    const functions = Array.from({ length: 12 }, (_, i) =>
      made(`F${i}`, ["x"], ["y"], {
        node: Array.from({ length: 10 }, (_, k) =>
          i === 0
            ? node("Neg", [k === 0 ? "x" : `t${k - 1}`], [k === 9 ? "y" : `t${k}`])
            : call(`F${i - 1}`, [k === 0 ? "x" : `t${k - 1}`], [k === 9 ? "y" : `t${k}`]),
        ),
      }),
    );
    const bytes = model(functions, { node: [call("F11", ["x"], ["y"])] });
    expect(() => readModel(bytes)).toThrow(/expand into more than/);
  });
});
