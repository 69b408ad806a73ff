import { describe, expect, test } from "vitest";
import type { Graph, Node, Tensor } from "../../src/graph/ir.js";
import { verifyGraph } from "../../src/graph/verify.js";

const x: Tensor = { name: "x", type: "float32", shape: [1, 2] };
const w: Tensor = {
  name: "w",
  type: "float32",
  shape: [2, 1],
  data: Int8Array.of(1, 2),
  quantization: { type: "int8", scale: [0.5, 0.25], zeroPoint: [0, 0], axis: 0 },
};
const y: Tensor = { ...x, name: "y", quantization: { type: "int8", scale: [0.5], zeroPoint: [-128] } };
const add: Node = { name: "n", operator: "Add", domain: "", inputs: ["x", "w"], outputs: ["y"], attributes: {} };

const graph = (tensors: readonly Tensor[] = [x, w, y], rest: Partial<Graph> = {}): Graph => ({
  ...{ name: "g", opset: 17, inputs: ["x"], outputs: ["y"], nodes: [add] },
  tensors: new Map(tensors.map((tensor) => [tensor.name, tensor])),
  ...rest,
});
const quantised = (part: Partial<NonNullable<Tensor["quantization"]>>) =>
  graph([x, w, { ...y, quantization: { ...y.quantization!, ...part } }]);

test("a well-formed graph passes", () => {
  expect(() => verifyGraph(graph())).not.toThrow();
});

describe("broken graphs", () => {
  const relu = (name: string, input: string, output: string): Node => ({
    ...add,
    name,
    inputs: [input],
    outputs: [output],
  });
  const z = { ...x, name: "z" };
  test.each<[string, Graph, RegExp]>([
    ["a value without tensor", graph([x, w]), /output "y" of Add node "n" has no tensor/],
    ["a read of nothing", graph([x, y]), /reads "w" before it exists/],
    ["the wrong order", graph([x, w, y, z], { nodes: [relu("a", "z", "y"), relu("b", "x", "z")] }), /reads "z" before/],
    ["two origins", graph(undefined, { nodes: [add, { ...add, name: "m" }] }), /writes "y", which has an origin/],
    ["a node that writes its input", graph([x, w, y], { nodes: [relu("a", "x", "x")] }), /writes "x"/],
    [
      "two nodes of one name",
      graph([x, w, y, z], { nodes: [add, relu("n", "y", "z")] }),
      /node name "n" is empty or taken/,
    ],
    ["a node without name", graph(undefined, { nodes: [{ ...add, name: "" }] }), /empty or taken/],
    ["a missing output", graph(undefined, { outputs: ["q"] }), /output "q" does not exist/],
    ["an output listed twice", graph(undefined, { outputs: ["y", "y"] }), /listed twice/],
    ["an input without tensor", graph(undefined, { inputs: ["x", "q"] }), /input "q" has no tensor/],
    ["an input that is a constant", graph(undefined, { inputs: ["x", "w"] }), /input "w" is also a constant/],
    ["a tensor without origin", graph([x, w, y, z]), /tensor "z" has no origin/],
    ["a tensor under another name", graph([], { tensors: new Map([["q", x]]) }), /stored as "q"/],
    ["a negative dimension", graph([{ ...x, shape: [-1] }, w, y]), /shape \[-1\]/],
    ["data of another length", graph([x, { ...w, data: Int8Array.of(1) }, y]), /has 1 elements for shape \[2,1\]/],
    ["data of another type", graph([x, { ...w, data: Float32Array.of(1, 2) }, y]), /is Float32Array, not Int8Array/],
    ["a zero scale", quantised({ scale: [0] }), /no positive finite float32/],
    ["an infinite scale", quantised({ scale: [Number.POSITIVE_INFINITY] }), /no positive finite float32/],
    ["a scale that is no float32", quantised({ scale: [0.1] }), /no positive finite float32/],
    ["a zero point that does not fit", quantised({ zeroPoint: [128] }), /zero point that int8 does not hold/],
    ["a zero point that is no integer", quantised({ zeroPoint: [0.5] }), /zero point/],
    ["too many scales", quantised({ scale: [1, 1] }), /2 scales and 1 zero points, not 1/],
    ["an axis beyond the rank", quantised({ axis: 2 }), /along axis 2/],
  ])("%s", (_, broken, message) => {
    expect(() => verifyGraph(broken, "pass-x")).toThrow(message);
    expect(() => verifyGraph(broken, "pass-x")).toThrow(/after pass-x: /);
  });
});
