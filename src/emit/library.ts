/** The C library of a model: header, source, tables, and the kernels it uses, as path -> text. */
import { readFileSync } from "node:fs";
import { packagePath } from "../io/package_path.js";
import { findCFunction } from "../kernels/index.js";
import { render } from "./templates.js";
import type { ModelView } from "./view.js";

const runtimeFile = (...parts: string[]) => readFileSync(packagePath("runtime-c", ...parts), "utf8");

/** The text of a C file of the kernel library: from runtime-c, or from the template of the kernel's family. */
export function kernelFile(name: string, extension: "c" | "h"): string {
  const template = findCFunction(name)?.template;
  if (template) return render(`kernels/${template.name}.${extension}`, template.view);
  return runtimeFile(extension === "c" ? "src" : "include", `${name}.${extension}`);
}

/** Headers that the given C text includes, and those they include, from runtime-c/include. */
function includedHeaders(texts: readonly string[]): Map<string, string> {
  const headers = new Map<string, string>();
  const queue = [...texts];
  for (let text = queue.pop(); text !== undefined; text = queue.pop()) {
    for (const [, header] of text.matchAll(/#include "(nn_\w+\.h)"/g)) {
      if (headers.has(header)) continue;
      const content = kernelFile(header.slice(0, -2), "h");
      headers.set(header, content);
      queue.push(content);
    }
  }
  return headers;
}

/** Files of the library, by name, sorted. */
export function libraryFiles(view: ModelView): Map<string, string> {
  const files = new Map<string, string>([
    [`${view.name}.h`, render("c/model.h", view)],
    [`${view.name}.c`, render("c/model.c", view)],
  ]);
  const kernels = new Set(view.kernels);
  if (view.weights.isImage) kernels.add("nn_weights");
  if (view.weights.hasTables) {
    files.set(`${view.name}_weights.h`, render("c/weights.h", view));
    files.set(`${view.name}_weights.c`, render("c/weights.c", view));
  }
  if (view.hasQuantised) {
    files.set(`${view.name}_io.c`, render("c/io.c", view));
    kernels.add("nn_quantize_f32_s8").add("nn_dequantize_s8_f32");
  }
  for (const kernel of kernels) files.set(`${kernel}.c`, kernelFile(kernel, "c"));
  for (const [header, text] of includedHeaders([...files.values()])) files.set(header, text);
  return new Map([...files].sort(([a], [b]) => (a < b ? -1 : 1)));
}
