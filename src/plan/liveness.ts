/** Which tensors share a storage under an order of the steps, and from when to when each storage is in use. */
import type { CallerBuffer } from "./caller_buffers.js";
import type { Dataflow } from "./dataflow.js";
import { chooseInPlace } from "./in_place.js";
import { usableOverlap } from "./live_bytes.js";

/**
 * Bytes that roots hold one after the other, each taking over from the one before in place. Positions count the steps
 * of the order: -1 is before the first step (the inputs are filled in), the number of steps is after the last one (the
 * outputs are read).
 */
export interface Storage {
  /** Ids of the roots, in the order in which they hold it. */
  readonly roots: readonly number[];
  /** Multiple of the alignment; 0 in a caller's buffer. */
  readonly bytes: number;
  /** First and last position at which it is in use. */
  readonly first: number;
  readonly last: number;
  readonly callerBuffer?: CallerBuffer;
  /** It is the output of a step that may overlap an input: index of the input's storage, and the lead. */
  readonly over?: { readonly storage: number; readonly lead: number };
}

interface Merging {
  roots: number[];
  first: number;
  last: number;
  over?: { storage: Merging; lead: number };
}

/**
 * The storages under an order.
 * @param inPlace false keeps every root of the arena apart, as if no kernel could work in place or overlap.
 */
export function storagesOf(flow: Dataflow, order: readonly number[], inPlace: boolean): Storage[] {
  const lastUse = lastUses(flow, order);
  const storages: Merging[] = [];
  const storageOf = new Map<number, Merging>();
  const inBuffer = new Map<number, Merging>();
  const start = (root: number, first: number) => {
    const storage: Merging = { roots: [root], first, last: lastUse[root] };
    storages.push(storage);
    storageOf.set(root, storage);
    return storage;
  };
  const extend = (storage: Merging, root: number) => {
    storage.roots.push(root);
    storage.last = lastUse[root];
    storageOf.set(root, storage);
  };
  for (const root of flow.inputs) start(root, -1);
  order.forEach((step, position) => {
    const dies = (root: number) => lastUse[root] === position;
    const pairs = inPlace ? chooseInPlace(flow.inPlace[step], flow.bytes, dies) : [];
    const overlap = inPlace ? usableOverlap(flow, step, pairs, dies) : null;
    for (const output of flow.writes[step]) {
      const buffer = flow.callerBuffer.get(output);
      const shared = buffer
        ? inBuffer.get(buffer.index)
        : storageOf.get(pairs.find((pair) => pair.output === output)?.input ?? -1);
      if (shared) extend(shared, output);
      else {
        const storage = start(output, position);
        if (buffer) inBuffer.set(buffer.index, storage);
        if (overlap?.output === output) storage.over = { storage: storageOf.get(overlap.input)!, lead: overlap.lead };
      }
    }
  });
  return storages.map(({ roots, first, last, over }) => {
    const callerBuffer = flow.callerBuffer.get(roots[0]);
    return {
      ...{ roots, bytes: flow.bytes[roots[0]], first, last },
      ...(callerBuffer && { callerBuffer }),
      ...(over && { over: { storage: storages.indexOf(over.storage), lead: over.lead } }),
    };
  });
}

/** Root -> position of the last step that uses it; an unread input ends at -1, an output of the graph after the last. */
function lastUses(flow: Dataflow, order: readonly number[]): number[] {
  const last = new Array<number>(flow.root.length).fill(-1);
  order.forEach((step, position) => {
    for (const root of flow.reads[step]) last[root] = position;
    for (const root of flow.writes[step]) last[root] = position;
  });
  for (const root of flow.outputs) last[root] = order.length;
  return last;
}
