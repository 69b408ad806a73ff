/** Emits programs, compiles them for this computer with the sanitisers, and compares them with the host reference. */
import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { libraryFiles } from "../../src/emit/library.js";
import { modelView } from "../../src/emit/view.js";
import type { Program } from "../../src/graph/program.js";
import { hostProgram, runRow } from "../../src/host/run.js";
import type { Plan } from "../../src/plan/plan.js";
import { WARNINGS } from "../kernels/harness.js";

const run = promisify(execFile);

/** The bytes that the host reference gives for a row of noise. */
function expected(program: Program): { readonly row: Int8Array; readonly output: Buffer } {
  const host = hostProgram(program);
  let state = 5;
  const row = (host.buffer(program.inputs[0]) as Int8Array).map(() => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state >>> 24) - 128;
  });
  const [output] = runRow(host, program, [row]);
  return { row, output: Buffer.from(output.buffer, output.byteOffset, output.byteLength) };
}

/** The bytes of the output that the host reference gives for a row of noise. */
export const hostOutputs = (program: Program): Buffer => expected(program).output;

/**
 * Indices of the planned programs whose C gives other bytes than the host reference. One input and one output each, int8.
 * The arena is poisoned, so that a row that nobody has written shows.
 */
export async function differing(planned: readonly { readonly program: Program; readonly plan: Plan }[]) {
  const folder = await mkdtemp(join(tmpdir(), "onnx2mcu-native-"));
  try {
    const files = new Map<string, string>();
    const wanted = planned.map(({ program }) => expected(program));
    const calls = planned.map(({ program, plan }, i) => {
      for (const [file, text] of libraryFiles(modelView(program, plan, `net${i}`))) files.set(file, text);
      const { row, output } = wanted[i];
      return `static void run${i}(void) {
    static const int8_t input[] = {${row.join(",")}};
    static int8_t output[${output.length}];
    static NET${i}_ARENA(arena);
    net${i}_ctx context = {.arena = arena};
    const void *in[] = {input};
    void *out[] = {output};
    memset(arena, 0x5a, sizeof arena);
    if (net${i}_init(&context) == 0 && net${i}_run(&context, in, out) == 0) {
        print(output, ${output.length});
    }
}`;
    });
    const main = `#include <stdio.h>
#include <string.h>
${planned.map((_, i) => `#include "net${i}.h"`).join("\n")}
static void print(const int8_t *data, int count) {
    for (int i = 0; i < count; i++) {
        printf("%02x", (unsigned)data[i] & 255u);
    }
    printf("\\n");
}
${calls.join("\n")}
int main(void) {
${planned.map((_, i) => `    run${i}();`).join("\n")}
    return 0;
}
`;
    files.set("main.c", main);
    for (const [file, text] of files) await writeFile(join(folder, file), text);
    const sources = [...files.keys()].filter((file) => file.endsWith(".c"));
    const sanitize = ["-O1", "-fsanitize=address,undefined", "-fno-sanitize-recover=all"];
    await run("cc", [...WARNINGS, ...sanitize, ...sources, "-lm", "-o", "main"], { cwd: folder });
    const { stdout } = await run(join(folder, "main"), { maxBuffer: 2 ** 28 });
    const lines = stdout.split("\n");
    return wanted.flatMap(({ output }, i) => (lines[i] === output.toString("hex") ? [] : [i]));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
