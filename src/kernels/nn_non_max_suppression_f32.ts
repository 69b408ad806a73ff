import { defineKernel, int32Fields } from "./kernel.js";

export type NonMaxSuppressionParams = {
  batch: number;
  classes: number;
  boxes: number;
  limit: number;
  center_point_box: number;
  has_score_threshold: number;
};

const fround = Math.fround;
const least = (a: number, b: number) => (a < b ? a : b);
const most = (a: number, b: number) => (a > b ? a : b);

/** Lower and upper end of a box along one axis: 0 and 1, or with center_point_box the other way round. */
function ends(box: Float32Array, axis: number, centre: boolean): [number, number] {
  if (!centre) return [least(box[axis], box[axis + 2]), most(box[axis], box[axis + 2])];
  const half = fround(box[axis + 2] * 0.5);
  return [fround(box[axis] - half), fround(box[axis] + half)];
}

/** Whether the intersection of two boxes is more than `threshold` of their union; boxes without area have none. */
export function overlaps(a: Float32Array, b: Float32Array, centre: boolean, threshold: number): boolean {
  let intersection = 1;
  let [areaA, areaB] = [1, 1];
  for (let axis = 0; axis < 2; axis++) {
    const [lowA, highA] = ends(a, axis, centre);
    const [lowB, highB] = ends(b, axis, centre);
    const overlap = fround(least(highA, highB) - most(lowA, lowB));
    if (!(overlap > 0)) return false;
    intersection = fround(intersection * overlap);
    areaA = fround(areaA * fround(highA - lowA));
    areaB = fround(areaB * fround(highB - lowB));
  }
  if (!(intersection > 0 && areaA > 0 && areaB > 0)) return false;
  return fround(intersection / fround(fround(areaA + areaB) - intersection)) > threshold;
}

/** Twin of runtime-c/src/nn_non_max_suppression_f32.c. */
export default defineKernel<NonMaxSuppressionParams>({
  name: "nn_non_max_suppression_f32",
  inputs: 5,
  outputs: 2,
  params: int32Fields("batch classes boxes limit center_point_box has_score_threshold"),
  constants: [],
  inPlace: [],
  scratch: (p) => Math.max(1, p.boxes),
  run(p, { inputs, outputs }) {
    const [boxes, scores, , ious, thresholds] = inputs as Float32Array[];
    const [most64] = inputs[2] as BigInt64Array;
    const indices = outputs[0] as BigInt64Array;
    const wanted = most64 < 0n ? 0 : most64 < BigInt(p.limit) ? Number(most64) : p.limit;
    const boxOf = (batch: number, i: number) =>
      boxes.subarray((batch * p.boxes + i) * 4, (batch * p.boxes + i) * 4 + 4);
    let kept = 0;
    for (let batch = 0; batch < p.batch; batch++) {
      for (let c = 0; c < p.classes; c++) {
        const from = (batch * p.classes + c) * p.boxes;
        const line = scores.subarray(from, from + p.boxes);
        const open = line.map((score) =>
          Number(p.has_score_threshold !== 0 ? score > thresholds[0] : !Number.isNaN(score)),
        );
        const first = kept;
        while (kept - first < wanted) {
          let best = -1;
          for (let i = 0; i < p.boxes; i++) if (open[i] !== 0 && (best < 0 || line[i] > line[best])) best = i;
          if (best < 0) break;
          open[best] = 0;
          const box = boxOf(batch, best);
          let clear = true;
          for (let k = first; k < kept && clear; k++) {
            clear = !overlaps(box, boxOf(batch, Number(indices[3 * k + 2])), p.center_point_box !== 0, ious[0]);
          }
          if (!clear) continue;
          indices.set([BigInt(batch), BigInt(c), BigInt(best)], 3 * kept);
          kept++;
        }
      }
    }
    indices.fill(0n, 3 * kept);
    outputs[1][0] = kept;
  },
});
