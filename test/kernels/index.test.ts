/** The kernel table, the records and the C library must list the same kernels and agree on every call. */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { kernels } from "../../src/kernels/index.js";
import { findVariantFunction, variants } from "../../src/kernels/variants/index.js";
import { expectHeader } from "./c_header.js";
import { RUNTIME_C } from "./harness.js";

/** Headers without a kernel of their own. */
const SHARED_HEADERS = [
  "nn_avr",
  "nn_common",
  "nn_conv2d_pairs_mve",
  "nn_depthwise_planes_dsp",
  "nn_depthwise_rows_mve",
  "nn_features_mve",
  "nn_indexed",
  "nn_math",
  "nn_math_exact",
  "nn_math_log",
  "nn_math_trig",
  "nn_packed_dsp",
  "nn_ring_dsp",
  "nn_rows",
  "nn_s16",
  "nn_s16_dsp",
  "nn_s16_mve",
  "nn_scale",
  "nn_strided",
  "nn_unpack_s4",
  "nn_weights",
  "nn_window_s16",
];
/** C functions of the library that are no kernels. */
const SHARED_SOURCES = ["nn_weights"];

function namesIn(folder: string, extension: string): string[] {
  return readdirSync(folder)
    .filter((file) => file.startsWith("nn_") && file.endsWith(extension))
    .map((file) => file.slice(0, -extension.length))
    .sort();
}

const names = [...kernels.keys()].sort();
const sources = namesIn(join(RUNTIME_C, "src"), ".c").filter((name) => !SHARED_SOURCES.includes(name));
/** C functions of variants whose text is no template's. */
const variantNames = sources.filter((name) => !kernels.has(name));

test("the tables, src/kernels/ and runtime-c/ list the same kernels and variants", () => {
  expect(namesIn(fileURLToPath(new URL("../../src/kernels", import.meta.url)), ".ts")).toEqual(names);
  expect(sources).toEqual([...names, ...variantNames].sort());
  const headers = namesIn(join(RUNTIME_C, "include"), ".h").filter((name) => !SHARED_HEADERS.includes(name));
  expect(headers).toEqual(sources);
  const records = namesIn(fileURLToPath(new URL("../../src/kernels/variants", import.meta.url)), ".ts");
  expect(records).toEqual(variants.map(({ name }) => name).sort());
});

test.each(sources)("%s has the parameter struct and is called as its record says", (name) => {
  expectHeader((kernels.get(name) ?? findVariantFunction(name))!);
});
