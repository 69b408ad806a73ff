/** Generated tables and what is looked up in them, for the plain kernel and its variants. */
import fc from "fast-check";
import { int8s, sizes } from "./arbitraries.js";

export const lookups = fc
  .tuple(
    sizes(1, 3, 16, 17, 255).chain((count) => int8s(count)),
    int8s(256),
  )
  .map(([input, table]) => ({
    params: { count: input.length },
    inputs: [input] as const,
    constants: { table },
    outputs: [{ type: "int8" as const, count: input.length }],
  }));
