/** The kernel table, the records and the C library must list the same kernels and agree on every call. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { kernels } from "../../src/kernels/index.js";
import type { CFunction } from "../../src/kernels/kernel.js";
import { findVariantFunction, variants } from "../../src/kernels/variants/index.js";
import { C_TYPES, RUNTIME_C } from "./harness.js";

/** Headers without a kernel of their own. */
const SHARED_HEADERS = [
  "nn_common",
  "nn_depthwise_planes_dsp",
  "nn_indexed",
  "nn_math",
  "nn_math_exact",
  "nn_math_log",
  "nn_math_trig",
  "nn_packed_dsp",
  "nn_strided",
];

function namesIn(folder: string, extension: string): string[] {
  return readdirSync(folder)
    .filter((file) => file.startsWith("nn_") && file.endsWith(extension))
    .map((file) => file.slice(0, -extension.length))
    .sort();
}

const names = [...kernels.keys()].sort();
const sources = namesIn(join(RUNTIME_C, "src"), ".c");
/** C functions of variants whose text is no template's. */
const variantNames = sources.filter((name) => !kernels.has(name));

/** The header without its comments. */
function headerOf(name: string): string {
  return readFileSync(join(RUNTIME_C, "include", `${name}.h`), "utf8").replace(/\/\*.*?\*\//gs, "");
}

/** Fields of the parameter struct in order, as `type name` or `type name[length]`; it may be that of a shared header. */
function structFields(name: string): string[] {
  const text = [name, ...SHARED_HEADERS].map(headerOf).join("");
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
function callArguments(name: string): string[] {
  const list = new RegExp(`void ${name}\\(([^)]*)\\);`).exec(headerOf(name))?.[1] ?? "";
  return list.split(",").map((argument) => argument.trim().replace(/\s+/g, " ").replace(/ \*/g, "* "));
}

function expectedCall(kernel: CFunction): string[] {
  const pointer = "\\w+\\* ";
  const inputs =
    kernel.inputs === "variadic"
      ? ["const void\\* const inputs\\[\\]"]
      : Array.from({ length: kernel.inputs }, () => `const ${pointer}\\w+`);
  const constants = kernel.constants.map(({ name, type }) => `const ${C_TYPES[type]}\\* ${name}`);
  const outputs = Array.from({ length: kernel.outputs }, () => `${pointer}\\w+`);
  return [`const ${kernel.name}_params\\* p`, ...inputs, ...constants, ...outputs];
}

test("the tables, src/kernels/ and runtime-c/ list the same kernels and variants", () => {
  expect(namesIn(fileURLToPath(new URL("../../src/kernels", import.meta.url)), ".ts")).toEqual(names);
  expect(sources).toEqual([...names, ...variantNames].sort());
  const headers = namesIn(join(RUNTIME_C, "include"), ".h").filter((name) => !SHARED_HEADERS.includes(name));
  expect(headers).toEqual(sources);
  const records = namesIn(fileURLToPath(new URL("../../src/kernels/variants", import.meta.url)), ".ts");
  expect(records).toEqual(variants.map(({ name }) => name).sort());
});

describe.each(sources)("%s", (name) => {
  const kernel = (kernels.get(name) ?? findVariantFunction(name))!;

  test("has the fields of its C struct, in order", () => {
    const fields = kernel.params.map(
      (field) => `${field.type} ${field.name}${field.length === undefined ? "" : `[${field.length}]`}`,
    );
    expect(structFields(name)).toEqual(fields);
  });

  test("is called by the convention of kernel.ts", () => {
    const call = callArguments(name).filter((argument) => argument !== "void* scratch");
    const expected = expectedCall(kernel);
    expect(call).toHaveLength(expected.length);
    call.forEach((argument, i) => {
      expect(argument).toMatch(new RegExp(`^${expected[i]}$`));
    });
  });
});
