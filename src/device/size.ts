/** What a built firmware takes of flash and RAM, the model's share apart from the board's, read from the linker map. */

export interface Share {
  /** Machine code. */
  readonly code: number;
  /** Constants: tables and layer parameters. */
  readonly constants: number;
  /** Initialised variables: in flash and in RAM. */
  readonly data: number;
  /** Zeroed variables. */
  readonly bss: number;
}

export interface Sizes {
  readonly model: Share;
  /** Board support, link, main, and library functions that they need. */
  readonly support: Share;
}

interface Piece {
  readonly section: string;
  readonly bytes: number;
  readonly object: string;
}

/** Pieces that the linker placed, with their output section. */
function placedPieces(map: string): Piece[] {
  const pieces: Piece[] = [];
  let section = "";
  let pending = false;
  const body = map.slice(Math.max(0, map.indexOf("Linker script and memory map")));
  for (const line of body.split("\n")) {
    const output = /^(\.[\w.]+)/.exec(line);
    if (output) section = output[1];
    const named = /^ (\.\S+|COMMON)(?:\s+0x[0-9a-f]+\s+0x([0-9a-f]+)\s+(\S.*))?$/.exec(line);
    if (named) {
      pending = named[2] === undefined;
      if (!pending) pieces.push({ section, bytes: Number.parseInt(named[2], 16), object: named[3] });
      continue;
    }
    const continued = pending && /^\s+0x[0-9a-f]+\s+0x([0-9a-f]+)\s+(\S.*)$/.exec(line);
    if (continued) pieces.push({ section, bytes: Number.parseInt(continued[1], 16), object: continued[2] });
    pending = false;
  }
  return pieces;
}

/** Archive member -> the file whose reference first pulled it in. */
function pulledBy(map: string): Map<string, string> {
  const result = new Map<string, string>();
  const head = map.slice(0, Math.max(0, map.indexOf("Memory Configuration")));
  for (const [, member, by] of head.matchAll(/^(\S[^\n]*\.a\([^)\n]+\))\s+([^\n]*?) \([^()\n]+\)$/gm)) {
    result.set(member, by);
  }
  return result;
}

const EMPTY: Share = { code: 0, constants: 0, data: 0, bss: 0 };
const KINDS: Readonly<Record<string, keyof Share>> = {
  ".text": "code",
  ".vectors": "code",
  ".ARM.exidx": "code",
  ".rodata": "constants",
  ".data": "data",
  ".bss": "bss",
};

/**
 * @param map text of the linker's map file
 * @param library name of the model's library; library functions that only its objects pulled in count as its own
 * @param others names of the libraries of other models in the same firmware: their share is not counted
 */
export function sizesFromMap(map: string, library: string, others: readonly string[] = []): Sizes {
  const references = pulledBy(map);
  const belongsTo = (library: string, object: string): boolean => {
    const seen = new Set<string>();
    let file = object;
    while (!seen.has(file)) {
      if (file.includes(`lib${library}.a(`)) return true;
      seen.add(file);
      const by = references.get(file);
      if (by === undefined) return false;
      file = by;
    }
    return false;
  };
  const sizes = { model: { ...EMPTY }, support: { ...EMPTY } };
  for (const { section, bytes, object } of placedPieces(map)) {
    const kind = KINDS[section];
    if (!kind || others.some((other) => belongsTo(other, object))) continue;
    (belongsTo(library, object) ? sizes.model : sizes.support)[kind] += bytes;
  }
  return sizes;
}
