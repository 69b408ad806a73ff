import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { elementCount, strides } from "../../src/graph/ir.js";
import kernel from "../../src/kernels/nn_slice.js";
import { sample } from "./arbitraries.js";
import { anyElements, bitsOf, elementTypes, indices, position, shapes } from "./coordinates.js";
import { seeds } from "./float_cases.js";
import { expectTwinsAgree } from "./harness.js";

/** On each axis: where to start and end in the input, and by which step, forwards or backwards. */
const slices = fc
  .record({ element: elementTypes, inShape: shapes, seed: seeds })
  .chain(({ element: { type, element_bytes }, inShape, seed }) =>
    fc
      .tuple(
        ...inShape.map((size) =>
          fc
            .record({
              from: fc.nat(size - 1),
              to: fc.nat(size - 1),
              step: fc.constantFrom(1, 1, 2, 3),
            })
            .map(({ from, to, step }) => ({
              from,
              step: to < from ? -step : step,
              count: Math.floor(Math.abs(to - from) / step) + 1,
            })),
        ),
      )
      .map((cuts) => {
        const step = strides(inShape);
        const shape = cuts.map(({ count }) => count);
        const params = {
          element_bytes,
          shape,
          in_stride: cuts.map((cut, axis) => cut.step * step[axis]),
          in_offset: position(
            cuts.map(({ from }) => from),
            inShape,
          ),
        };
        const inputs = [anyElements(type, elementCount(inShape), seed)];
        return { inShape, cuts, of: { params, inputs, outputs: [{ type, count: elementCount(shape) }] } };
      }),
  );

describe("nn_slice", () => {
  test("equals C and takes every element from where the slice says", async () => {
    const cases = sample(slices, 100);
    expect(cases.some(({ cuts }) => cuts[5].step < 0)).toBe(true);
    const results = await expectTwinsAgree(
      kernel,
      cases.map(({ of }) => of),
    );
    cases.forEach(({ inShape, cuts, of: { params, inputs } }, k) => {
      const bits = bitsOf(inputs[0]);
      const expected = indices(params.shape).map((index) => {
        const source = index.map((i, axis) => cuts[axis].from + i * cuts[axis].step);
        return bits[position(source, inShape)];
      });
      expect(bitsOf(results[k][0]), JSON.stringify(params)).toEqual(expected);
    });
  });
});
