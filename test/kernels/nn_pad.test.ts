import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { elementCount } from "../../src/graph/ir.js";
import kernel from "../../src/kernels/nn_pad.js";
import { sample } from "./arbitraries.js";
import { anyElements, bitsOf, elementTypes, indices, position, shapes } from "./coordinates.js";
import { seeds } from "./float_cases.js";
import { expectTwinsAgree } from "./harness.js";

const sixPads = fc.array(fc.constantFrom(0, 0, 0, 1, 2), { minLength: 6, maxLength: 6 });

const pads = fc
  .record({
    element: elementTypes,
    in_shape: shapes,
    begin: sixPads,
    end: sixPads,
    value_bits: fc.constantFrom(0, -1, -128, 0x3fc00000, -0x3dcc8000, 0x12345678),
    seed: seeds,
  })
  .map(({ element: { type, element_bytes }, in_shape, begin, end, value_bits, seed }) => {
    const pad_begin = in_shape.map((size, axis) => (size === 1 && axis < 5 ? 0 : begin[axis]));
    const out_shape = in_shape.map((size, axis) => pad_begin[axis] + size + (size === 1 && axis < 5 ? 0 : end[axis]));
    const params = { element_bytes, in_shape, pad_begin, out_shape, value_bits, value_high: ~value_bits };
    const inputs = [anyElements(type, elementCount(in_shape), seed)];
    return { params, inputs, outputs: [{ type, count: elementCount(out_shape) }] };
  });

describe("nn_pad", () => {
  test("equals C and surrounds the input with the value", async () => {
    const cases = sample(pads, 100);
    const results = await expectTwinsAgree(kernel, cases);
    cases.forEach(({ params: p, inputs }, k) => {
      const bits = bitsOf(inputs[0]);
      const wide = (BigInt(p.value_high) << 32n) | BigInt(p.value_bits >>> 0);
      const narrow = BigInt.asUintN(8 * p.element_bytes, wide);
      const value = p.element_bytes === 8 ? narrow : Number(narrow);
      const expected = indices(p.out_shape).map((index): unknown => {
        const source = index.map((i, axis) => i - p.pad_begin[axis]);
        const inside = source.every((i, axis) => i >= 0 && i < p.in_shape[axis]);
        return inside ? bits[position(source, p.in_shape)] : value;
      });
      expect(bitsOf(results[k][0]), JSON.stringify(p)).toEqual(expected);
    });
  });
});
