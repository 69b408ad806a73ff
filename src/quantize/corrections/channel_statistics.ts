/** What calibration rows say of each channel of a value: range and power, gathered in one pass in constant memory. */
import type { Graph } from "../../graph/ir.js";
import type { Rows } from "../calibrate.js";
import { floatRun } from "../float_run.js";

export interface ChannelStatistics {
  readonly min: Float64Array;
  readonly max: Float64Array;
  readonly mean: Float64Array;
  /** Mean of the squares. */
  readonly power: Float64Array;
  /** Magnitude that other rows are hardly beyond: mean + 5 standard deviations of the largest magnitude in a row, at least the largest. */
  readonly reach: Float64Array;
}

/** Of the Gumbel distribution, 1 in 1,000 is beyond 4.9. */
const DEVIATIONS = 5;

/**
 * @param values names of float32 values, and how many channels their last axis has
 * @param onRow called after each row with the number done
 */
export function channelStatistics(
  graph: Graph,
  data: Rows,
  values: ReadonlyMap<string, number>,
  onRow?: (done: number) => void,
): Map<string, ChannelStatistics> {
  const float = floatRun(graph);
  const watched = float.values.flatMap(({ name, buffer }) => {
    const channels = values.get(name);
    if (channels === undefined) return [];
    const largest = { sum: new Float64Array(channels), squares: new Float64Array(channels) };
    const statistics = {
      reach: new Float64Array(channels),
      min: new Float64Array(channels).fill(Number.POSITIVE_INFINITY),
      max: new Float64Array(channels).fill(Number.NEGATIVE_INFINITY),
      mean: new Float64Array(channels),
      power: new Float64Array(channels),
    };
    return [{ name, channels, largest, statistics, buffer }];
  });
  for (let i = 0; i < data.rows; i++) {
    float.run(data.row(i));
    for (const { channels, largest, statistics, buffer } of watched) {
      const share = channels / buffer.length / data.rows;
      const inRow = new Float64Array(channels);
      for (let k = 0, c = 0; k < buffer.length; k++) {
        const value = buffer[k];
        if (value < statistics.min[c]) statistics.min[c] = value;
        if (value > statistics.max[c]) statistics.max[c] = value;
        statistics.mean[c] += value * share;
        statistics.power[c] += value * value * share;
        inRow[c] = Math.max(inRow[c], Math.abs(value));
        if (++c === channels) c = 0;
      }
      inRow.forEach((value, c) => {
        largest.sum[c] += value / data.rows;
        largest.squares[c] += (value * value) / data.rows;
      });
    }
    onRow?.(i + 1);
  }
  for (const { channels, largest, statistics } of watched) {
    for (let c = 0; c < channels; c++) {
      const deviation = Math.sqrt(Math.max(0, largest.squares[c] - largest.sum[c] ** 2));
      const seen = Math.max(statistics.max[c], -statistics.min[c]);
      statistics.reach[c] = Math.max(seen, largest.sum[c] + DEVIATIONS * deviation);
    }
  }
  return new Map(watched.map(({ name, statistics }) => [name, statistics]));
}
