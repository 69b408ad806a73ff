/**
 * A variant: another way to compute what a plain kernel computes, for one instruction set. The plain kernel stays the
 * meaning, the host runs nothing else; a variant equals it in every byte wherever `implement` accepts the call. One
 * record in `src/kernels/variants/<name>.ts`, listed in variants/index.ts; its C function lies in runtime-c/src beside
 * its plain twin, or is printed from templates/kernels.
 */
import type { TypedArray } from "../graph/ir.js";
import type { CFunction, Params } from "./kernel.js";

/** The core that a variant is asked for, from the board file. */
export interface Target {
  /** cortex-m4, rv32imc ... */
  readonly core: string;
  /** Instruction sets that it has. */
  readonly isa: readonly string[];
  /** Extra clock cycles of an access, that misses every cache and prefetch, to the memory of the tables. */
  readonly flashWaitStates: number;
  /** Bytes of tables that a cache before that memory holds; absent: none. */
  readonly tableCacheBytes?: number;
  readonly hot?: HotTables;
}

/** Where the tables that are read most lie, when they lie elsewhere than the others: as many as `bytes` hold. */
export interface HotTables extends Pick<Target, "flashWaitStates" | "tableCacheBytes"> {
  readonly bytes: number;
}

/** What one access that misses brings. */
const LINE_BYTES = 16;

/** Clock cycles that a call waits for its tables: tables that the cache holds are waited for once. @param readings of all of them */
export function tableWaiting(
  { flashWaitStates, tableCacheBytes = 0 }: Target,
  bytes: number,
  readings: number,
): number {
  return (flashWaitStates * bytes * (bytes <= tableCacheBytes ? 1 : readings)) / LINE_BYTES;
}

/** A call of the plain kernel: its parameters, and the values of its constants. */
export interface PlainCall<P extends Params = Params> {
  readonly params: P;
  readonly constants: Readonly<Record<string, TypedArray>>;
}

/** Modelled cost of one call. */
export interface Cost {
  readonly cycles: number;
  readonly instructions: number;
}

/** How a variant computes one call. */
export interface Implementation {
  /** C function; `find` of the variant gives its record. */
  readonly kernel: string;
  readonly params: Params;
  /** Tables as they lie in flash, by the names of the C function's constants: packed when the code is generated. */
  readonly constants: Readonly<Record<string, TypedArray>>;
  /** Planned in the arena like a tensor, 16-byte aligned; 0: the C call has no scratch argument. */
  readonly scratchBytes: number;
  /**
   * The output may overlap the first input when it starts at least so many bytes before it: nothing is written over
   * bytes that are still to be read. Negative where the output may even start behind. Absent: never.
   */
  readonly lead?: number;
  /** Bytes of the C function's code where they depend on the call; absent: those of the variant. */
  readonly codeBytes?: number;
  /** How often a call reads its tables; absent: as often as it uses each weight. */
  readonly tableReadings?: number;
  /** Without waiting for the tables. */
  readonly cost: Cost;
}

/** Tables, made when one of them is asked for: what only compares costs makes none. @param names of all of them */
export function whenUsed(
  names: readonly string[],
  make: () => Readonly<Record<string, TypedArray>>,
): Implementation["constants"] {
  let made: Readonly<Record<string, TypedArray>> | undefined;
  const get = (name: string) => () => {
    made ??= make();
    return made[name];
  };
  return Object.defineProperties(
    {},
    Object.fromEntries(names.map((name) => [name, { enumerable: true, get: get(name) }])),
  );
}

/** Instruction set of variants in plain C, which every core has. */
export const ANY_CORE = "any";

export interface Variant<P extends Params = Params> {
  /** nn_<what>_<type>_<isa>: in the manifest, and the C function or the stem of its names. */
  readonly name: string;
  /** The plain kernel that it computes. */
  readonly of: string;
  /** Tag of the instruction set, as board files list them, or ANY_CORE for plain C. */
  readonly isa: string;
  /** Bytes of its code, measured; counted once per C function of a firmware. */
  readonly codeBytes: number;
  /** How to compute a call, or in a few words why it cannot: a precondition on shape, bounds or values. */
  implement(call: PlainCall<P>, target: Target): Implementation | string;
  /**
   * The C function of that name, or undefined when it is none of this variant. A cascade calls it on bands of rows as its
   * `rows` says, or where it has none but takes in_h, out_h and pad_top as its plain twin does; no other parameter may
   * then depend on the number of rows.
   */
  find(name: string): CFunction | undefined;
}

/** Gives a variant record its precise parameter type while the table keeps the general one. */
export function defineVariant<P extends Params>(variant: Variant<P>): Variant {
  return variant as unknown as Variant;
}

/** `find` of a variant with one C function. */
export function only(cFunction: CFunction): (name: string) => CFunction | undefined {
  return (name) => (name === cFunction.name ? cFunction : undefined);
}
