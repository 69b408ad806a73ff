/**
 * A family: kernels that differ by operation and element type only, printed from one template each. Its table holds
 * the meaning of an operation twice, in C and in TypeScript, side by side.
 */
import type { Kernel } from "../kernel.js";

export interface Family {
  /** Template below templates/kernels, and the name in the docs. */
  readonly name: string;
  /** Names of all its kernels. */
  readonly members: readonly string[];
  /** The kernel of that name, or undefined when it is none of the family. */
  find(name: string): Kernel | undefined;
}

/** @param make the kernel of a name in `members` */
export function family(name: string, members: readonly string[], make: (name: string) => Kernel): Family {
  const known = new Set(members);
  const made = new Map<string, Kernel>();
  return {
    name,
    members,
    find(member) {
      if (!known.has(member)) return undefined;
      const kernel = made.get(member) ?? make(member);
      made.set(member, kernel);
      return kernel;
    },
  };
}
