/** The generated C library as its users meet it: strict compilers, C++, several models in one program, errors. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Compiled } from "../../src/compile.js";
import { loadData } from "../../src/data/load.js";
import { inputRows } from "../../src/data/rows.js";
import type { TypedArray } from "../../src/graph/ir.js";
import { firmwareCall, kernelSteps } from "../../src/graph/program.js";
import { hostProgram, runRow } from "../../src/host/run.js";
import { storedValues } from "../../src/host/values.js";
import { compileDigits, DIGITS_DATA } from "../digits.js";
import { COMPILERS, isInstalled, run, STRICT } from "./compilers.js";

let root: string;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), "onnx2mcu-library-"));
});
afterAll(() => rmSync(root, { recursive: true }));

/** Writes a library's files; gives its C sources. */
function writeLibrary(folder: string, { files }: Compiled): string[] {
  mkdirSync(folder, { recursive: true });
  for (const [file, text] of files) writeFileSync(join(folder, file), text);
  return [...files.keys()].filter((file) => file.endsWith(".c")).map((file) => join(folder, file));
}

const VARIANTS = (["arena", "caller"] as const).flatMap((ioBuffers) => [
  { precision: "int8", io: "int8", ioBuffers } as const,
  { precision: "int8", io: "float32", ioBuffers } as const,
  { precision: "float32", io: "float32", ioBuffers } as const,
]);
const compiledVariants = VARIANTS.map((options) => ({
  ...options,
  compiled: compileDigits({ name: "digits", ...options }),
}));

describe.each(COMPILERS)("$command (where installed) compiles without a warning", ({ command, target }) => {
  test.skipIf(!isInstalled(command)).each(compiledVariants)(
    "$precision, io $io in $ioBuffers buffers",
    async ({ compiled }) => {
      const folder = mkdtempSync(join(root, "strict-"));
      const sources = writeLibrary(folder, compiled);
      // With the optimiser, because some warnings come from it.
      const { stderr } = await run(command, [...target, ...STRICT, "-O2", "-c", ...sources], { cwd: folder });
      expect(stderr).toBe("");
    },
  );
});

test.skipIf(!isInstalled("g++"))("the header is C++ as well (needs g++)", async () => {
  const folder = join(root, "cpp");
  writeLibrary(folder, compileDigits({ name: "digits" }));
  const source = join(folder, "use.cpp");
  writeFileSync(
    source,
    '#include "digits.h"\nint use(digits_ctx *ctx) { return digits_run(ctx, nullptr, nullptr); }\n',
  );
  await run("g++", ["-std=c++11", "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-c", source, "-o", `${source}.o`]);
  const { stdout } = await run("nm", [`${source}.o`]);
  expect(stdout).toMatch(/ U digits_run$/m);
});

/** Elements as C initialisers. */
const list = (values: TypedArray) => Array.from(values as Float32Array, String).join(", ");

/** What the host reference gives for the first row of the data, after the same input. */
function expectedRow({ program }: Compiled): { input: TypedArray; output: TypedArray } {
  const tensors = program.inputs.map((id) => program.tensors[id]);
  const [real] = inputRows(loadData(DIGITS_DATA), "inputs", tensors).row(0);
  const input = storedValues(tensors[0], real);
  return { input, output: runRow(hostProgram(program), program, [input])[0] };
}

describe.skipIf(!isInstalled("cc"))("linked into a program of this computer (needs cc)", () => {
  async function runProgram(name: string, libraries: readonly Compiled[], main: string): Promise<string> {
    const folder = join(root, name);
    const sources = libraries.flatMap((library) => writeLibrary(join(folder, library.name), library));
    const source = join(folder, "main.c");
    writeFileSync(source, main);
    const includes = libraries.flatMap((library) => ["-I", join(folder, library.name)]);
    const sanitise = ["-fsanitize=address,undefined", "-fno-sanitize-recover=all"];
    const program = join(folder, "main");
    await run("cc", [
      ...STRICT,
      "-O1",
      "-ffp-contract=off",
      ...sanitise,
      ...includes,
      source,
      ...sources,
      "-lm",
      "-o",
      program,
    ]);
    return (await run(program)).stdout.trim();
  }

  test("two models with all their objects, each its own copy of the kernels, interleaved", async () => {
    const models = [
      compileDigits({ name: "first" }),
      compileDigits({ name: "second", precision: "float32", ioBuffers: "caller" }),
      compileDigits({ name: "third", io: "float32" }),
    ];
    const rows = models.map(expectedRow);
    const calls = models.map(({ name }, i) => {
      const upper = name.toUpperCase();
      return {
        declare: `
static ${upper}_ARENA(${name}_arena);
static const ${name}_input_0_t ${name}_in[${upper}_INPUT_0_ELEMENTS] = { ${list(rows[i].input)} };
static ${name}_output_0_t ${name}_out[${upper}_OUTPUT_0_ELEMENTS];
static int run_${name}(void) {
    ${name}_ctx ctx = { ${name}_arena, NULL, NULL };
    const void *const in[] = { ${name}_in };
    void *const out[] = { ${name}_out };
    return ${name}_init(&ctx) != ${upper}_OK || ${name}_run(&ctx, in, out) != ${upper}_OK;
}`,
        print: `    print(${name}_out, sizeof ${name}_out);`,
      };
    });
    const output = await runProgram(
      "several",
      models,
      `#include <stdio.h>
${models.map(({ name }) => `#include "${name}.h"`).join("\n")}
static void print(const void *data, size_t bytes) {
    for (size_t i = 0; i < bytes; i++) {
        printf("%02x", (unsigned)((const unsigned char *)data)[i]);
    }
    printf("\\n");
}
${calls.map(({ declare }) => declare).join("\n")}
int main(void) {
    for (int round = 0; round < 2; round++) {
        if (run_first() || run_second() || run_third()) {
            return 1;
        }
    }
${calls.map(({ print }) => print).join("\n")}
    return 0;
}
`,
    );
    const hex = ({ buffer, byteOffset, byteLength }: TypedArray) =>
      Buffer.from(buffer, byteOffset, byteLength).toString("hex");
    expect(output.split("\n")).toEqual(rows.map((row) => hex(row.output)));
  });

  test("layers are reported in order, and misuse by the documented errors", async () => {
    const models = [compileDigits({ name: "inside" }), compileDigits({ name: "outside", ioBuffers: "caller" })];
    const output = await runProgram(
      "misuse",
      models,
      `#include <stdio.h>
#include "inside.h"
#include "outside.h"
static INSIDE_ARENA(arena);
static OUTSIDE_ARENA(other);
static void on_layer(void *user, uint32_t layer) {
    printf("%s%u ", (const char *)user, (unsigned)layer);
}
int main(void) {
    char label[] = "layer";
    int8_t input[INSIDE_INPUT_0_ELEMENTS] = { 0 };
    float real[INSIDE_INPUT_0_ELEMENTS] = { 0 };
    int8_t output[INSIDE_OUTPUT_0_ELEMENTS];
    const void *in[] = { input };
    void *out[] = { output };
    const void *no_in[] = { NULL };
    void *no_out[] = { NULL };
    inside_ctx good = { arena, on_layer, label }, empty = { NULL, NULL, NULL }, crooked = { arena + 1, NULL, NULL };
    outside_ctx caller = { other, NULL, NULL };
    printf("%d\\n", inside_run(&good, in, out));
    printf("%d %d %d %d\\n", inside_init(NULL), inside_init(&empty), inside_run(NULL, in, out), inside_run(&empty, in, out));
    printf("%d %d\\n", inside_init(&crooked), inside_run(&crooked, in, out));
    good.on_layer = NULL;
    printf("%d %d\\n", inside_run(&good, NULL, NULL), inside_run(&good, no_in, no_out));
    printf("%d %d\\n", inside_input(&good, 1) == NULL, inside_output(&good, 1) == NULL);
    printf("%d %d %d %d %d\\n", outside_run(&caller, in, out), outside_run(&caller, NULL, out), outside_run(&caller, in, NULL),
           outside_run(&caller, no_in, out), outside_run(&caller, in, no_out));
    printf("%d %d %d %d\\n", inside_quantize_input(0, real, input), inside_quantize_input(1, real, input),
           inside_quantize_input(0, NULL, input), inside_dequantize_output(0, output, NULL));
    return 0;
}
`,
    );
    const NULL_ERROR = -1;
    const ALIGNMENT_ERROR = -2;
    const layers = models[0].plan.steps.map((_, layer) => `layer${layer}`);
    expect(output.split("\n")).toEqual([
      [...layers, 0].join(" "),
      [NULL_ERROR, NULL_ERROR, NULL_ERROR, NULL_ERROR].join(" "),
      [ALIGNMENT_ERROR, ALIGNMENT_ERROR].join(" "),
      "0 0",
      "1 1",
      [0, NULL_ERROR, NULL_ERROR, NULL_ERROR, NULL_ERROR].join(" "),
      [0, NULL_ERROR, NULL_ERROR, NULL_ERROR].join(" "),
    ]);
    const header = models[0].files.get("inside.h")!;
    expect(header).toContain(`#define INSIDE_ERROR_NULL (${NULL_ERROR})`);
    expect(header).toContain(`#define INSIDE_ERROR_ALIGNMENT (${ALIGNMENT_ERROR})`);
  });
});

test("the same model gives the same files, and the kernels are those it uses", () => {
  const compiled = compileDigits({ name: "digits" });
  expect([...compileDigits({ name: "digits" }).files]).toEqual([...compiled.files]);
  const used = new Set(compiled.program.steps.flatMap(kernelSteps).map((step) => `${firmwareCall(step).kernel}.c`));
  const io = ["nn_quantize_f32_s8.c", "nn_dequantize_s8_f32.c"];
  const kernels = [...compiled.files.keys()].filter((file) => /^nn_\w+\.c$/.test(file));
  expect(kernels.sort()).toEqual([...new Set([...used, ...io])].sort());
  for (const kernel of kernels) {
    const runtime = new URL(`../../runtime-c/src/${kernel}`, import.meta.url);
    expect(compiled.files.get(kernel)).toBe(readFileSync(runtime, "utf8"));
  }
});
