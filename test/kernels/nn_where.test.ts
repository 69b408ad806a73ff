import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { elementCount, strides } from "../../src/graph/ir.js";
import kernel from "../../src/kernels/nn_where.js";
import { sample } from "./arbitraries.js";
import { anyElements, bitsOf, elementTypes, indices, shapes } from "./coordinates.js";
import { seeds } from "./float_cases.js";
import { expectTwinsAgree } from "./harness.js";

const axes = fc.array(fc.boolean(), { minLength: 6, maxLength: 6 });

/** The strides of an operand that has size 1 where `broadcast` says so. */
function operand(shape: readonly number[], broadcast: readonly boolean[]) {
  const own = shape.map((size, axis) => (broadcast[axis] ? 1 : size));
  const step = strides(own);
  return { count: elementCount(own), stride: shape.map((_, axis) => (broadcast[axis] ? 0 : step[axis])) };
}

const choices = fc
  .record({ element: elementTypes, shape: shapes, c: axes, a: axes, b: axes, seed: seeds })
  .map(({ element: { type, element_bytes }, shape, c, a, b, seed }) => {
    const [cs, as, bs] = [c, a, b].map((broadcast) => operand(shape, broadcast));
    const condition = Uint8Array.from(bitsOf(anyElements("int8", cs.count, seed)), (v) => v & 1);
    return {
      params: { element_bytes, shape, c_stride: cs.stride, a_stride: as.stride, b_stride: bs.stride },
      inputs: [condition, anyElements(type, as.count, seed + 1), anyElements(type, bs.count, seed + 2)],
      outputs: [{ type, count: elementCount(shape) }],
    };
  });

describe("nn_where", () => {
  test("equals C and takes every element from where the condition says", async () => {
    const cases = sample(choices, 80);
    const results = await expectTwinsAgree(kernel, cases);
    cases.forEach(({ params: p, inputs }, k) => {
      const [condition, a, b] = inputs.map(bitsOf);
      const at = (index: readonly number[], stride: readonly number[]) =>
        index.reduce((sum, i, axis) => sum + i * stride[axis], 0);
      const expected = indices(p.shape).map((index) =>
        condition[at(index, p.c_stride)] ? a[at(index, p.a_stride)] : b[at(index, p.b_stride)],
      );
      expect(bitsOf(results[k][0])).toEqual(expected);
    });
  });
});
