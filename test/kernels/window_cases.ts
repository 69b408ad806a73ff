/** Windows over tensors of rank 4 for the tests of the kernels that normalise: axes that a window spans, in any pattern. */
import fc from "fast-check";
import { elementCount, strides } from "../../src/graph/ir.js";
import type { NormalizeParams } from "../../src/kernels/normalize_params.js";
import { indices, position } from "./coordinates.js";

export interface Windows {
  readonly shape: readonly number[];
  readonly spans: readonly boolean[];
  /** Axes along which scale and bias vary. */
  readonly varies: readonly boolean[];
  /** Entries of the tables scale and bias. */
  readonly channels: number;
  readonly params: NormalizeParams & { count: number };
}

export const windowCases: fc.Arbitrary<Windows> = fc
  .record({
    shape: fc.array(fc.constantFrom(1, 2, 3, 5, 8), { minLength: 4, maxLength: 4 }),
    spans: fc.array(fc.boolean(), { minLength: 4, maxLength: 4 }),
    varies: fc.array(fc.boolean(), { minLength: 4, maxLength: 4 }),
  })
  .map(({ shape, spans, varies }) => {
    const step = strides(shape);
    const tables = shape.map((size, axis) => (varies[axis] ? size : 1));
    const tableStep = strides(tables).map((s, axis) => (varies[axis] ? s : 0));
    const only = (wanted: boolean) => {
      const sizes = shape.map((size, axis) => (spans[axis] === wanted ? size : 1));
      const along = (steps: readonly number[]) => [0, 0, ...steps.map((s, axis) => (spans[axis] === wanted ? s : 0))];
      return { sizes: [1, 1, ...sizes], steps: along(step), scaleSteps: along(tableStep) };
    };
    const [places, window] = [only(false), only(true)];
    return {
      shape,
      spans,
      varies,
      channels: elementCount(tables),
      params: {
        ...{ shape: places.sizes, stride: places.steps, window: window.sizes, window_stride: window.steps },
        ...{ scale_stride: places.scaleSteps, window_scale_stride: window.scaleSteps },
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

/** Entry of the tables scale and bias for every element. */
export function channelsOf({ shape, varies }: Windows): number[] {
  const tables = shape.map((size, axis) => (varies[axis] ? size : 1));
  return [...indices(shape)].map((index) =>
    position(
      index.map((i, axis) => (varies[axis] ? i : 0)),
      tables,
    ),
  );
}
