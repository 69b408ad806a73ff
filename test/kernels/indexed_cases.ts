/** Data of up to four axes and indices into them, as the kernels of the Gather and Scatter families take them. */
import fc from "fast-check";
import { elementCount, strides } from "../../src/graph/ir.js";
import { seeds } from "./float_cases.js";

const dimension = fc.integer({ min: 1, max: 4 });
const six = (values: readonly number[], fill: number) => Array.from({ length: 6 }, (_, i) => values[i] ?? fill);

/** `batch` axes that data and indices share, then axes that tuples address, then a block. */
export const indexed = fc
  .record({
    batch: dimension,
    addressed: fc.array(dimension, { minLength: 1, maxLength: 3 }),
    block_bytes: fc.constantFrom(1, 4, 12),
    count: dimension,
    wide: fc.boolean(),
    seed: seeds,
  })
  .chain((of) =>
    fc
      .array(fc.integer({ min: -6, max: 6 }), {
        minLength: of.batch * of.count * of.addressed.length,
        maxLength: of.batch * of.count * of.addressed.length,
      })
      .map((values) => ({ ...of, values })),
  )
  .map(({ batch, addressed, block_bytes, count, wide, values, seed }) => {
    const depth = addressed.length;
    const inside = elementCount(addressed);
    const params = {
      ...{ block_bytes, index_bytes: wide ? 8 : 4, depth, size: six(addressed, 1), stride: six(strides(addressed), 0) },
      shape: [1, 1, 1, 1, batch, count],
      base_stride: [0, 0, 0, 0, inside, 0],
      index_stride: [0, 0, 0, 0, count * depth, depth],
    };
    const indices = wide ? BigInt64Array.from(values, BigInt) : Int32Array.from(values);
    /** Blocks that the tuples address, one by one: indices from the end, those outside at the nearest end. */
    const blocks = Array.from({ length: batch * count }, (_, tuple) =>
      addressed.reduce(
        (at, size, k) => {
          const given = values[tuple * depth + k];
          return at * size + (given < 0 ? Math.max(0, size + given) : Math.min(size - 1, given));
        },
        Math.floor(tuple / count),
      ),
    );
    return { params, indices, blocks, bytes: batch * inside * block_bytes, seed };
  });
