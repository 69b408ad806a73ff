import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { elementCount, strides } from "../../src/graph/ir.js";
import kernel from "../../src/kernels/nn_transpose.js";
import { sample } from "./arbitraries.js";
import { anyElements, bitsOf, elementTypes, indices, position, shapes } from "./coordinates.js";
import { seeds } from "./float_cases.js";
import { expectTwinsAgree } from "./harness.js";

const transposes = fc
  .record({
    element: elementTypes,
    inShape: shapes,
    /** Output axis k is input axis order[k]. */
    order: fc.shuffledSubarray([0, 1, 2, 3, 4, 5], { minLength: 6 }),
    seed: seeds,
  })
  .map(({ element: { type, element_bytes }, inShape, order, seed }) => {
    const count = elementCount(inShape);
    const shape = order.map((axis) => inShape[axis]);
    const step = strides(inShape);
    const params = { element_bytes, shape, in_stride: order.map((axis) => step[axis]) };
    return { inShape, order, of: { params, inputs: [anyElements(type, count, seed)], outputs: [{ type, count }] } };
  });

describe("nn_transpose", () => {
  test("equals C and puts every element where the permutation says", async () => {
    const cases = sample(transposes, 100);
    const results = await expectTwinsAgree(
      kernel,
      cases.map(({ of }) => of),
    );
    cases.forEach(({ inShape, order, of: { params, inputs } }, k) => {
      const expected: number[] = [];
      const bits = bitsOf(inputs[0]);
      indices(inShape).forEach((index, at) => {
        expected[
          position(
            order.map((axis) => index[axis]),
            params.shape,
          )
        ] = bits[at];
      });
      expect(bitsOf(results[k][0]), JSON.stringify(params)).toEqual(expected);
    });
  });
});
