/** --stateful: recurrent layers that begin with zero go on where they ended. */
import { describe, expect, test } from "vitest";
import { type Compiled, compile } from "../../src/compile.js";
import type { Attributes, Shape, Tensor } from "../../src/graph/ir.js";
import { hostProgram, runRow } from "../../src/host/run.js";
import { writeModel } from "../../src/onnx/write.js";
import { constant, floats, randomValues } from "../onnxruntime.js";

const [T, I, H] = [4, 3, 5];

/** LSTM, and GRU over its hidden states; `more` outputs beside the last one. */
function model(more: readonly string[] = [], attributes: Attributes = {}, initial?: Omit<Tensor, "name">): Uint8Array {
  const shapes: Readonly<Record<string, Shape>> = {
    ...{ x: [T, 1, I], y: [T, 1, 1, H], s: [T, 1, H], out: [T, 1, 1, H], hn: [1, 1, H], cn: [1, 1, H] },
  };
  const tensors = new Map<string, Tensor>();
  for (const [name, shape] of Object.entries(shapes)) tensors.set(name, { name, type: "float32", shape });
  const add = (name: string, values: Omit<Tensor, "name">) => tensors.set(name, { name, ...values });
  add("w", constant([1, 4 * H, I], 1));
  add("r", constant([1, 4 * H, H], 2));
  add("gw", constant([1, 3 * H, H], 3));
  add("gr", constant([1, 3 * H, H], 4));
  add("axes", { type: "int64", shape: [1], data: BigInt64Array.of(1n) });
  if (initial) add("h0", initial);
  const node = (operator: string, inputs: string[], outputs: string[], settings: Attributes = {}) => ({
    ...{ name: operator, operator, domain: "", inputs, outputs, attributes: settings },
  });
  return writeModel(
    {
      ...{ name: "m", opset: 14, inputs: ["x"], outputs: ["out", ...more], tensors },
      nodes: [
        node("LSTM", ["x", "w", "r"], ["y", "hn", "cn"], { hidden_size: H, ...attributes }),
        node("Squeeze", ["y", "axes"], ["s"]),
        node("GRU", initial ? ["s", "gw", "gr", "", "", "h0"] : ["s", "gw", "gr"], ["out"], {
          hidden_size: H,
          ...attributes,
        }),
      ],
    },
    { producer: "test" },
  );
}

const rows = { rows: 6, row: (i: number) => [randomValues(T * I, i + 1)] };
const build = (bytes: Uint8Array, precision: "int8" | "float32"): Compiled =>
  compile(bytes, { precision, stateful: true, ...(precision === "int8" && { calibration: () => rows }) });

describe.each(["int8", "float32"] as const)("%s", (precision) => {
  test("every layer keeps its state until it is reset", () => {
    const { program, plan } = build(model(), precision);
    expect([program.inputs.length, program.outputs.length]).toEqual([1, 1]);
    const stored = program.states!.map(({ input }) => program.tensors[input].type);
    expect(stored).toEqual(precision === "int8" ? ["int8", "int16", "int8"] : ["float32", "float32", "float32"]);
    expect(plan.persistentBytes).toBe(precision === "int8" ? 48 : 96);
    const host = hostProgram(program);
    const x = precision === "int8" ? new Int8Array(T * I).fill(50) : new Float32Array(T * I).fill(0.5);
    const run = () => Array.from(runRow(host, program, [x])[0] as Float32Array);
    const first = run();
    expect(run()).not.toEqual(first);
    host.reset();
    expect(run()).toEqual(first);
  });

  test("calls in a row give what one long sequence gives in float32", () => {
    if (precision === "int8") return;
    const { program } = build(model(), precision);
    const plain = compile(model(), { precision }).program;
    expect(plain.states).toBeUndefined();
    const host = hostProgram(program);
    const fresh = runRow(hostProgram(plain), plain, rows.row(0))[0];
    expect(runRow(host, program, rows.row(0))[0]).toEqual(fresh);
  });

  test("a state that is an output of the model stays one", () => {
    const { program } = build(model(["hn", "cn"]), precision);
    expect(program.outputs.map((id) => program.tensors[id].name)).toEqual(["out", "hn", "cn"]);
    expect(program.states).toHaveLength(3);
  });

  test("a layer with an initial state of its own is left alone", () => {
    const { program } = build(model([], {}, constant([1, 1, H], 5)), precision);
    expect(program.states).toHaveLength(2);
  });
});

test("refuses a model without such a layer", () => {
  const other = (bytes: Uint8Array) => expect(() => build(bytes, "float32"));
  other(model([], { direction: "reverse" })).toThrow(expect.objectContaining({ code: "E_USAGE" }));
  const relu = writeModel(
    {
      ...{ name: "m", opset: 14, inputs: ["x"], outputs: ["y"] },
      nodes: [{ name: "n", operator: "Add", domain: "", inputs: ["x", "c"], outputs: ["y"], attributes: {} }],
      tensors: new Map<string, Tensor>([
        ["x", { name: "x", type: "float32", shape: [3] }],
        ["y", { name: "y", type: "float32", shape: [3] }],
        ["c", { name: "c", ...floats(1, 2, 3) }],
      ]),
    },
    { producer: "test" },
  );
  other(relu).toThrow(expect.objectContaining({ code: "E_USAGE" }));
});
