import fc from "fast-check";
import { describe, expect, test } from "vitest";
import kernel from "../../src/kernels/nn_resize_nearest.js";
import { sample, sizes } from "./arbitraries.js";
import { anyElements, bitsOf, elementTypes, indices, position } from "./coordinates.js";
import { seeds } from "./float_cases.js";
import { expectTwinsAgree } from "./harness.js";

const resizes = fc
  .record({
    element: elementTypes,
    batch: sizes(1, 2),
    in_h: sizes(1, 2, 3, 5),
    in_w: sizes(1, 2, 3, 5),
    out_h: sizes(1, 2, 3, 6),
    out_w: sizes(1, 2, 5, 6),
    channels: sizes(1, 3, 4, 17),
    seed: seeds,
  })
  .chain(({ element: { type, element_bytes }, channels, seed, ...size }) =>
    fc
      .tuple(
        fc.array(fc.nat(size.in_h - 1), { minLength: size.out_h, maxLength: size.out_h }),
        fc.array(fc.nat(size.in_w - 1), { minLength: size.out_w, maxLength: size.out_w }),
      )
      .map(([rows, columns]) => ({
        channels,
        of: {
          params: { ...size, pixel_bytes: channels * element_bytes },
          inputs: [anyElements(type, size.batch * size.in_h * size.in_w * channels, seed)],
          constants: { rows: Uint16Array.from(rows), columns: Uint16Array.from(columns) },
          outputs: [{ type, count: size.batch * size.out_h * size.out_w * channels }],
        },
      })),
  );

describe("nn_resize_nearest", () => {
  test("equals C and takes the pixels that the tables name", async () => {
    const cases = sample(resizes, 80);
    const results = await expectTwinsAgree(
      kernel,
      cases.map(({ of }) => of),
    );
    cases.forEach(({ channels, of: { params: p, inputs, constants } }, k) => {
      const bits = bitsOf(inputs[0]);
      const expected = indices([p.batch, p.out_h, p.out_w, channels]).map(([n, y, x, c]) => {
        const source = [n, constants.rows[y], constants.columns[x], c];
        return bits[position(source, [p.batch, p.in_h, p.in_w, channels])];
      });
      expect(bitsOf(results[k][0]), JSON.stringify(p)).toEqual(expected);
    });
  });
});
