/** Element types as the kernel families name and print them: nn_add_i32 is nn_add for elements of type i32. */
import type { ElementType } from "../../graph/ir.js";

export type ElementKind = "float" | "int" | "uint" | "bool";

export interface Element {
  /** End of the kernel's name. */
  readonly suffix: string;
  readonly type: ElementType;
  readonly kind: ElementKind;
  /** C type of an element. */
  readonly c: string;
  /** Unsigned C type in which sums and products of two elements wrap without undefined behaviour. */
  readonly wide: string;
  readonly bits: number;
}

const element = (suffix: string, type: ElementType, kind: ElementKind, c: string, bits: number): Element => ({
  ...{ suffix, type, kind, c, bits },
  wide: bits === 64 ? "uint64_t" : "uint32_t",
});

export const ELEMENTS: readonly Element[] = [
  element("f32", "float32", "float", "float", 32),
  element("i8", "int8", "int", "int8_t", 8),
  element("i16", "int16", "int", "int16_t", 16),
  element("i32", "int32", "int", "int32_t", 32),
  element("i64", "int64", "int", "int64_t", 64),
  element("u8", "uint8", "uint", "uint8_t", 8),
  element("u16", "uint16", "uint", "uint16_t", 16),
  element("u32", "uint32", "uint", "uint32_t", 32),
  element("u64", "uint64", "uint", "uint64_t", 64),
  element("bool", "bool", "bool", "uint8_t", 8),
];

const byType = new Map(ELEMENTS.map((e) => [e.type, e]));

export function elementOf(type: ElementType): Element {
  return byType.get(type)!;
}

export const BOOL = elementOf("bool");
export const FLOAT = elementOf("float32");

/** int64 and uint64 elements are bigint in TypeScript, all others number. */
export const isBig = (e: Element): boolean => e.bits === 64;

/** An elementwise function in TypeScript; the typed array that takes the result wraps integers. */
export type Scalar = (...values: never[]) => number | bigint | boolean;

/** A kernel's operation and elements from its name nn_<prefix><operation>_<suffix>, or undefined. */
export function parseName(name: string, prefix: string): { operation: string; element: Element } | undefined {
  const start = `nn_${prefix}`;
  const at = name.lastIndexOf("_");
  const found = ELEMENTS.find(({ suffix }) => suffix === name.slice(at + 1));
  if (!found || !name.startsWith(start) || at <= start.length) return undefined;
  return { operation: name.slice(start.length, at), element: found };
}

/** The header without .h that a kernel of such elements includes. @param operation what it computes */
export function headerOf(operation: { readonly header?: string }, e: Element): string {
  return e.kind === "float" ? (operation.header ?? "nn_math") : "nn_common";
}
