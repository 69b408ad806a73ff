import { expect, test } from "vitest";
import { affineBeforeReshape } from "../../src/passes/affine_before_reshape.js";
import { foldAffine } from "../../src/passes/fold_affine.js";
import { constant, graphOf, node, value } from "../quantize/graphs.js";

const bias = constant("b", [3], (i) => i + 1);
const graph = (addend = bias, outputs = ["y"]) => ({
  ...graphOf(
    [
      node("Gemm", ["x", "w"], "m"),
      node("Reshape", ["m"], "r", { shape: [1, 2, 3] }),
      node("Add", ["r", addend.name], "y"),
    ],
    [
      ...[value("x", [2, 4]), value("m", [2, 3]), value("r", [1, 2, 3]), value("y", [1, 2, 3])],
      ...[constant("w", [3, 4], (i) => i), addend],
    ],
  ),
  outputs,
});

test("a bias behind a Reshape becomes the product's own", () => {
  const { nodes, tensors } = foldAffine(affineBeforeReshape(graph()));
  expect(nodes.map(({ operator }) => operator)).toEqual(["Gemm", "Reshape"]);
  expect(tensors.get(nodes[0].inputs[2])!.data).toEqual(Float32Array.of(1, 2, 3));
  expect(nodes[1].outputs).toEqual(["y"]);
});

test("other constants, and values that are read elsewhere, stay", () => {
  const perRow = constant("b", [2, 1], (i) => i);
  for (const kept of [graph(perRow), graph(bias, ["r", "y"])]) {
    expect(affineBeforeReshape(kept).nodes.map(({ operator }) => operator)).toEqual(["Gemm", "Reshape", "Add"]);
  }
});

test("a bias that is stored in int8 keeps its real values", () => {
  const quantization = { type: "int8", scale: [0.5], zeroPoint: [1] } as const;
  const { nodes, tensors } = foldAffine(
    affineBeforeReshape(graph({ ...bias, data: Int8Array.of(3, 5, 7), quantization })),
  );
  expect(nodes.map(({ operator }) => operator)).toEqual(["Gemm", "Reshape"]);
  expect(tensors.get(nodes[0].inputs[2])!.data).toEqual(Float32Array.of(1, 2, 3));
});
