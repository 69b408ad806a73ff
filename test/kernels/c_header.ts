import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import { kernelFile } from "../../src/emit/library.js";
import { kernels } from "../../src/kernels/index.js";
import type { CFunction } from "../../src/kernels/kernel.js";
import { C_TYPES, RUNTIME_C } from "./harness.js";

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

/** Expects the parameter struct and the prototype in the header of a C function to be those of its record. */
export function expectHeader(cFunction: CFunction): void {
  const { name, params } = cFunction;
  const header = kernelFile(name, "h").replace(/\/\*.*?\*\//gs, "");
  const fields = params.map(
    ({ type, name: field, length }) => `${type} ${field}${length === undefined ? "" : `[${length}]`}`,
  );
  expect(structFields(header, name), name).toEqual(fields);
  const call = callArguments(header, name).filter((argument) => argument !== "void* scratch");
  const expected = expectedCall(cFunction);
  expect(call, name).toHaveLength(expected.length);
  call.forEach((argument, i) => {
    expect(argument, name).toMatch(new RegExp(`^${expected[i]}$`));
  });
}

/** Fields of the parameter struct in order, as `type name` or `type name[length]`; it may be that of a header it includes. */
function structFields(header: string, name: string): string[] {
  const included = [...header.matchAll(/#include "(nn_\w+\.h)"/g)];
  const text = [header, ...included.map(([, file]) => readFileSync(join(RUNTIME_C, "include", file), "utf8"))]
    .join("")
    .replace(/\/\*.*?\*\//gs, "");
  const struct = new RegExp(`typedef (\\w+)_params ${name}_params;`).exec(text)?.[1] ?? name;
  const body = new RegExp(`typedef struct \\{([^}]*)\\} ${struct}_params;`).exec(text)?.[1] ?? "";
  return body
    .split(";")
    .map((declaration) => declaration.trim().replace(/\s+/g, " "))
    .filter(Boolean)
    .flatMap((declaration) => {
      const [type] = declaration.split(" ", 1);
      return declaration
        .slice(type.length)
        .split(",")
        .map((field) => `${type} ${field.trim()}`);
    });
}

/** Arguments of the function's declaration, as `type name`. */
function callArguments(header: string, name: string): string[] {
  const list = new RegExp(`void ${name}\\(([^)]*)\\);`).exec(header)?.[1] ?? "";
  return list.split(",").map((argument) => argument.trim().replace(/\s+/g, " ").replace(/ \*/g, "* "));
}

function expectedCall({ name, inputs, constants, outputs }: CFunction): string[] {
  const pointer = "\\w+\\* ";
  // Where a variant runs, data pointers reach flash.
  const space = kernels.has(name) ? "NN_FLASH " : "(?:NN_FLASH )?";
  return [
    `const ${name}_params\\* p`,
    ...(inputs === "variadic"
      ? ["const void\\* const inputs\\[\\]"]
      : Array.from({ length: inputs }, () => `const ${pointer}\\w+`)),
    ...constants.map((slot) => `const ${space}${C_TYPES[slot.type]}\\* ${slot.name}`),
    ...Array.from({ length: outputs }, () => `${pointer}\\w+`),
  ];
}
