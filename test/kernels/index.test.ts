/** The kernel table, the records and the C library must list the same kernels and agree on every call. */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { kernels } from "../../src/kernels/index.js";
import { expectHeader } from "./c_header.js";
import { RUNTIME_C } from "./harness.js";

/** Headers without a kernel of their own. */
const SHARED_HEADERS = [
  "nn_common",
  "nn_dsp",
  "nn_indexed",
  "nn_math",
  "nn_math_exact",
  "nn_math_log",
  "nn_math_trig",
  "nn_strided",
];

function namesIn(folder: string, extension: string): string[] {
  return readdirSync(folder)
    .filter((file) => file.startsWith("nn_") && file.endsWith(extension))
    .map((file) => file.slice(0, -extension.length))
    .sort();
}

const names = [...kernels.keys()].sort();

test("the table, src/kernels/ and runtime-c/ list the same kernels", () => {
  expect(namesIn(fileURLToPath(new URL("../../src/kernels", import.meta.url)), ".ts")).toEqual(names);
  expect(namesIn(join(RUNTIME_C, "src"), ".c")).toEqual(names);
  const headers = namesIn(join(RUNTIME_C, "include"), ".h").filter((name) => !SHARED_HEADERS.includes(name));
  expect(headers).toEqual(names);
});

test.each(names)(
  "%s has the fields of its C struct, in order, and is called by the convention of kernel.ts",
  (name) => {
    expectHeader(kernels.get(name)!);
  },
);
