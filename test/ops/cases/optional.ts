/** Operators on optional values, which are tensors here. */
import { feed, tensor } from "../../onnxruntime.js";
import type { NodeCase } from "../node_case.js";

const has = (name: string, inputs: NodeCase["inputs"], expected: number): NodeCase => ({
  name,
  operator: "OptionalHasElement",
  opset: 18,
  inputs,
  output: [],
  outputs: [{ type: "bool", shape: [] }],
  expected: [Uint8Array.of(expected)],
});

export const cases: readonly NodeCase[] = [
  has("a tensor", [[2]], 1),
  has("nothing", [undefined], 0),
  {
    name: "a tensor",
    operator: "OptionalGetElement",
    opset: 18,
    inputs: [feed(tensor("float32", [2], [1, 2]))],
    output: [2],
    expected: [Float32Array.of(1, 2)],
  },
];
