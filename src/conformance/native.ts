/** Generated C compiled and run on this computer, many models in one program: compilers start up once for all. */
import { execFile } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Compiled } from "../compile.js";
import type { TypedArray } from "../graph/ir.js";
import { elementCount, newArray } from "../graph/ir.js";

const execute = promisify(execFile);

const FLAGS = [
  ...["-std=c99", "-O1", "-ffp-contract=off", "-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Wshadow", "-Werror"],
  ...["-fsanitize=undefined", "-fno-sanitize-recover=all", "-fno-sanitize=alignment"],
];
const COMPILE_MS = 300_000;
const RUN_MS = 20_000;

/** The C of one model in a program of many; its name is its C identifier. */
export interface NativeModel {
  readonly compiled: Compiled;
}

const upper = (name: string) => name.toUpperCase();

function mainText(models: readonly NativeModel[]): string {
  const names = models.map(({ compiled }) => compiled.name);
  const runner = (name: string) => `
static int run_${name}(const char *in_path, const char *out_path) {
    static uint8_t arena[${upper(name)}_ARENA_BYTES + 1] __attribute__((aligned(16)));
    ${name}_ctx ctx = {.arena = arena};
    FILE *in = fopen(in_path, "rb");
    FILE *out = fopen(out_path, "wb");
    int status = in == NULL || out == NULL ? -100 : ${name}_init(&ctx);
    const uint32_t inputs = ${upper(name)}_INPUT_COUNT;
    for (uint32_t i = 0; status == 0 && i < inputs; i++) {
        static const size_t bytes[] = {${sizes(models, name, "inputs")}};
        if (fread(${name}_input(&ctx, i), 1, bytes[i], in) != bytes[i]) {
            status = -101;
        }
    }
    if (status == 0) {
        status = ${name}_run(&ctx, NULL, NULL);
    }
    for (uint32_t i = 0; status == 0 && i < ${upper(name)}_OUTPUT_COUNT; i++) {
        static const size_t bytes[] = {${sizes(models, name, "outputs")}};
        fwrite(${name}_output(&ctx, i), 1, bytes[i], out);
    }
    fclose(in);
    fclose(out);
    return status;
}
`;
  return `#include <stdio.h>
#include <stdlib.h>
${names.map((name) => `#include "${name}.h"`).join("\n")}
${names.map(runner).join("")}
int main(int argc, char **argv) {
    static int (*const runs[])(const char *, const char *) = {${names.map((name) => `run_${name}`).join(", ")}};
    return argc == 4 && runs[atoi(argv[1])](argv[2], argv[3]) == 0 ? 0 : 1;
}
`;
}

function sizes(models: readonly NativeModel[], name: string, kind: "inputs" | "outputs"): string {
  const { view } = models.find(({ compiled }) => compiled.name === name)!.compiled;
  return view[kind].map(({ bytes }) => bytes).join(", ") || "0";
}

/** Path of the program; its first argument is the index of the model. Throws with the compiler's first error. */
export async function buildNative(models: readonly NativeModel[], folder: string): Promise<string> {
  mkdirSync(folder, { recursive: true });
  const sources = new Set<string>(["main.c"]);
  writeFileSync(join(folder, "main.c"), mainText(models));
  for (const { compiled } of models) {
    for (const [name, text] of compiled.files) {
      writeFileSync(join(folder, name), text);
      if (name.endsWith(".c")) sources.add(name);
    }
  }
  const program = join(folder, "run");
  try {
    await execute("cc", [...FLAGS, ...sources, "-o", program], {
      cwd: folder,
      timeout: COMPILE_MS,
      maxBuffer: 2 ** 26,
    });
  } catch (error) {
    const { stderr } = error as { stderr?: string };
    const line = (stderr ?? "").split("\n").find((text) => /error|undefined/.test(text)) ?? String(error).slice(0, 300);
    throw new Error(line.trim());
  }
  return program;
}

/** The outputs of model `index` for stored inputs. Throws when it does not finish. */
export async function runNative(
  program: string,
  index: number,
  { compiled }: NativeModel,
  inputs: readonly TypedArray[],
): Promise<TypedArray[]> {
  const [inPath, outPath] = [`${program}.${index}.in`, `${program}.${index}.out`];
  const bytes = inputs.map((array) => Buffer.from(array.buffer, array.byteOffset, array.byteLength));
  writeFileSync(inPath, Buffer.concat(bytes));
  await execute(program, [String(index), inPath, outPath], { timeout: RUN_MS });
  const file = readFileSync(outPath);
  let at = 0;
  return compiled.program.outputs.map((id) => {
    const { type, shape } = compiled.program.tensors[id];
    const array = newArray(type, elementCount(shape));
    new Uint8Array(array.buffer).set(file.subarray(at, at + array.byteLength));
    at += array.byteLength;
    return array;
  });
}
