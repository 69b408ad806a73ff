import fc from "fast-check";
import { describe, expect, test } from "vitest";
import kernel from "../../src/kernels/nn_non_max_suppression_f32.js";
import { sample, sizes } from "./arbitraries.js";
import { seeds } from "./float_cases.js";
import { expectTwinsAgree } from "./harness.js";

/** Small whole coordinates, so that areas are exact in single precision; scores of which many are equal. */
function whole(count: number, seed: number, range: number): Float32Array {
  let state = seed >>> 0;
  return Float32Array.from({ length: count }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state >>> 12) % range;
  });
}

const drawn = fc
  .record({
    batch: sizes(1, 2),
    classes: sizes(1, 3),
    boxes: sizes(1, 2, 7, 12),
    limit: sizes(1, 3, 12),
    center_point_box: sizes(0, 1),
    has_score_threshold: sizes(0, 1),
    most: sizes(-5, 0, 1, 2, 100),
    iou: sizes(0, 0.25, 0.5, 1),
    threshold: sizes(-1, 2),
    seed: seeds,
  })
  .map(({ most, iou, threshold, seed, ...params }) => {
    const { batch, classes, boxes, limit } = params;
    const scores = whole(batch * classes * boxes, seed + 1, 6).map((x, i) => ((i + seed) % 11 === 0 ? NaN : x));
    return {
      params,
      inputs: [
        whole(batch * boxes * 4, seed, 8),
        scores,
        BigInt64Array.of(BigInt(most)),
        Float32Array.of(iou),
        Float32Array.of(threshold),
      ],
      outputs: [
        { type: "int64" as const, count: batch * classes * limit * 3 },
        { type: "int32" as const, count: 1 },
      ],
    };
  });

/** The cells of a grid of halves that a box covers. */
function cells(box: ArrayLike<number>, centre: boolean): Set<string> {
  const low = [0, 1].map((axis) => (centre ? box[axis] - box[axis + 2] / 2 : Math.min(box[axis], box[axis + 2])));
  const high = [0, 1].map((axis) => (centre ? box[axis] + box[axis + 2] / 2 : Math.max(box[axis], box[axis + 2])));
  const covered = new Set<string>();
  for (let x = low[0]; x < high[0]; x += 0.5) for (let y = low[1]; y < high[1]; y += 0.5) covered.add(`${x},${y}`);
  return covered;
}

describe("nn_non_max_suppression_f32", () => {
  test("equals C, and chooses what counting cells of a grid chooses", async () => {
    const cases = sample(drawn, 80);
    const results = await expectTwinsAgree(kernel, cases);
    cases.forEach(({ params: p, inputs }, k) => {
      const [boxes, scores, most, [iou], [threshold]] = inputs as Float32Array[];
      const wanted: number[][] = [];
      for (let batch = 0; batch < p.batch; batch++) {
        for (let c = 0; c < p.classes; c++) {
          const score = (i: number) => scores[(batch * p.classes + c) * p.boxes + i];
          const area = (i: number) => {
            const at = (batch * p.boxes + i) * 4;
            return cells(boxes.slice(at, at + 4), p.center_point_box === 1);
          };
          const order = [...Array(p.boxes).keys()]
            .filter((i) => (p.has_score_threshold === 1 ? score(i) > threshold : !Number.isNaN(score(i))))
            .sort((a, b) => score(b) - score(a) || a - b);
          const chosen: number[] = [];
          for (const i of order) {
            const own = area(i);
            const free = chosen.every((other) => {
              const theirs = area(other);
              const common = [...own].filter((cell) => theirs.has(cell)).length;
              return common === 0 || common / (own.size + theirs.size - common) <= iou;
            });
            if (free && chosen.length < Math.min(p.limit, Number(most[0]))) chosen.push(i);
          }
          wanted.push(...chosen.map((i) => [batch, c, i]));
        }
      }
      const [indices, [count]] = results[k];
      expect(Number(count)).toBe(wanted.length);
      const rest = new Array<number>(indices.length - 3 * wanted.length).fill(0);
      expect(Array.from(indices as BigInt64Array, Number)).toEqual([...wanted.flat(), ...rest]);
    });
  });
});
