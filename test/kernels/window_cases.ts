/** Windows over tensors of rank 4 for the tests of the kernels that normalise: axes that a window spans, in any pattern. */
import fc from "fast-check";
import { elementCount, strides } from "../../src/graph/ir.js";
import type { WindowParams } from "../../src/kernels/window_params.js";
import { indices, position } from "./coordinates.js";

export interface Windows {
  readonly shape: readonly number[];
  readonly spans: readonly boolean[];
  readonly params: WindowParams & { count: number };
}

export const windowCases: fc.Arbitrary<Windows> = fc
  .record({
    shape: fc.array(fc.constantFrom(1, 2, 3, 5, 8), { minLength: 4, maxLength: 4 }),
    spans: fc.array(fc.boolean(), { minLength: 4, maxLength: 4 }),
  })
  .map(({ shape, spans }) => {
    const step = strides(shape);
    const only = (wanted: boolean) => {
      const sizes = shape.map((size, axis) => (spans[axis] === wanted ? size : 1));
      return { sizes: [1, 1, ...sizes], steps: [0, 0, ...step.map((s, axis) => (spans[axis] === wanted ? s : 0))] };
    };
    const [places, window] = [only(false), only(true)];
    return {
      shape,
      spans,
      params: {
        ...{ shape: places.sizes, stride: places.steps, window: window.sizes, window_stride: window.steps },
        count: elementCount(window.sizes),
      },
    };
  });

/** Positions of the elements, window by window. */
export function windowsOf({ shape, spans }: Windows): number[][] {
  const groups = new Map<string, number[]>();
  for (const index of indices(shape)) {
    const key = index.filter((_, axis) => !spans[axis]).join();
    groups.set(key, [...(groups.get(key) ?? []), position(index, shape)]);
  }
  return [...groups.values()];
}
