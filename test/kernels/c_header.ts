import { readFileSync } from "node:fs";
import { join } from "node:path";
import { RUNTIME_C } from "./harness.js";

/** The names of an enumeration in a header of runtime-c, in order, lower case and without their prefix. */
export function enumerators(header: string, enumeration: string, prefix: string): string[] {
  const text = readFileSync(join(RUNTIME_C, "include", header), "utf8");
  const body = text.match(new RegExp(`enum ${enumeration} \\{([^}]*)\\}`))?.[1] ?? "";
  const names = body
    .replace(/\/\*.*?\*\//gs, "")
    .split(",")
    .map((name) => name.trim());
  return names.map((name) => name.replace(prefix, "").toLowerCase());
}
