/** What has no place in firmware is refused with the code for it, naming the node and the way out. */
import { expect, test } from "vitest";
import { compile } from "../../src/compile.js";
import { refusedOperators } from "../../src/ops/refused.js";
import { constant, type OneNode, oneNodeModel } from "../onnxruntime.js";

function refusalOf(node: OneNode): unknown {
  try {
    compile(oneNodeModel(node), { precision: "float32" });
  } catch (error) {
    return error;
  }
  return undefined;
}

test.each([...refusedOperators])("%s", (operator, reason) => {
  const error = refusalOf({ operator, inputs: [[1, 4]], output: [1, 4] });
  expect(error).toMatchObject({ code: "E_OUT_OF_SCOPE", node: "node", message: expect.stringContaining(reason) });
});

test.each(["ai.onnx.ml", "ai.onnx.preview.training", "ai.onnx.training"])("operators of %s", (domain) => {
  const error = refusalOf({ operator: "Adam", domain, inputs: [[1, 4]], output: [1, 4] });
  expect(error).toMatchObject({ code: "E_OUT_OF_SCOPE", node: "node" });
});

const vectors = [1, 2, 3, 4].map((seed) => constant([4], seed));

test.each([
  ["training_mode", { attributes: { training_mode: 1 } }],
  [
    "further outputs",
    {
      opset: 9,
      outputs: [
        { type: "float32", shape: [2, 4] },
        { type: "float32", shape: [4] },
      ],
    },
  ],
] as const)("BatchNormalization that trains, by %s", (_, form) => {
  const node: OneNode = {
    operator: "BatchNormalization",
    opset: 15,
    inputs: [[2, 4], ...vectors],
    output: [2, 4],
    ...form,
  };
  const error = refusalOf(node);
  expect(error).toMatchObject({ code: "E_OUT_OF_SCOPE", message: expect.stringMatching(/training mode/) });
});
