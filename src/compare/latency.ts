/** How long inferences took on the board, by its own counter. */
export interface Latency {
  readonly runs: number;
  /** Seconds. */
  readonly min: number;
  readonly mean: number;
  readonly max: number;
  /** Of the population. */
  readonly std: number;
}

/** @param ticks of each run, at least one; hz: ticks in a second, above 0 */
export function latencyOf(ticks: readonly number[], hz: number): Latency {
  const seconds = ticks.map((count) => count / hz);
  const mean = seconds.reduce((sum, s) => sum + s, 0) / seconds.length;
  const variance = seconds.reduce((sum, s) => sum + (s - mean) ** 2, 0) / seconds.length;
  return {
    runs: seconds.length,
    ...{ min: Math.min(...seconds), mean, max: Math.max(...seconds), std: Math.sqrt(variance) },
  };
}
