/** How often calls read their tables, and which tables fast memory should hold. */

/** How often a call reads its tables, about: as often as it uses each element of the largest. @param lengths elements */
export const readingsOf = (macs: number, lengths: readonly number[]): number =>
  Math.max(1, macs / Math.max(1, ...lengths));

/** What lies in one memory or another as a whole. */
export interface Tables {
  readonly id: number;
  readonly bytes: number;
  /** Of each byte in an inference. */
  readonly readings: number;
}

/** The ids of those that are read most, as many as have room. @param room bytes */
export function hottest(tables: readonly Tables[], room: number): Set<number> {
  const kept = new Set<number>();
  let left = room;
  for (const { id, bytes } of tables.toSorted((a, b) => b.readings - a.readings || a.id - b.id)) {
    if (bytes > left) continue;
    left -= bytes;
    kept.add(id);
  }
  return kept;
}
