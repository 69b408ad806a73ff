/** The C of docs/c-api.md compiles against generated models and does what the text says. */
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { compile, hostProgram, inputRows, loadData, runRow } from "../../src/index.js";
import { WARNINGS } from "../kernels/harness.js";

const run = promisify(execFile);
const root = fileURLToPath(new URL("../..", import.meta.url));
const data = loadData(join(root, "examples/digits/digits.npz"));
const ROWS = 5;

/** Without what an application cannot know: the image comes from the program's arguments. */
const MAIN = `
#include <stdio.h>
#include <stdlib.h>
int classify(const float image[64]);
int main(int argc, char **argv) {
    float image[64];
    for (int row = 0; row < (argc - 1) / 64; row++) {
        for (int i = 0; i < 64; i++) image[i] = strtof(argv[1 + 64 * row + i], NULL);
        printf("%d\\n", classify(image));
    }
    return 0;
}
`;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "onnx2mcu-c-api-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

function digitsAs(name: string) {
  return compile(join(root, "examples/digits/digits.onnx"), {
    name,
    calibration: (inputs) => inputRows(data, "calibration", inputs),
  });
}

test("the application and two models in one firmware, with the sections of their own", async () => {
  const text = await readFile(join(root, "docs/c-api.md"), "utf8");
  const blocks = [...text.matchAll(/```c\n(.*?)```/gs)].map(([, code]) => code);
  const application = blocks.find((block) => block.includes("classify"))!;
  const union = blocks.find((block) => block.includes("union"))!;
  const digits = digitsAs("digits");
  const files = new Map([
    ...digits.files,
    ...digitsAs("kws").files,
    ["application.c", application],
    [
      "shared.c",
      `#include "digits.h"\n#include "kws.h"\n${union}void *shared(void);\nvoid *shared(void) { return &arena; }\n`,
    ],
    ["main.c", MAIN],
  ]);
  for (const [file, content] of files) await writeFile(join(folder, file), content);
  const sources = [...files.keys()].filter((file) => file.endsWith(".c"));
  const section = '-DDIGITS_WEIGHTS_SECTION=__attribute__((section(".digits_weights")))';
  await run("cc", [...WARNINGS, "-O1", section, ...sources, "-o", "application"], { cwd: folder });

  const rows = inputRows(data, "inputs", [{ name: "image", shape: [1, 1, 8, 8] }]);
  const images = Array.from({ length: ROWS }, (_, i) => rows.row(i)[0]);
  const { stdout } = await run(
    join(folder, "application"),
    images.flatMap((image) => Array.from(image, String)),
  );
  const host = hostProgram(digits.program);
  const [input] = digits.program.inputs.map((id) => digits.program.tensors[id]);
  const expected = images.map((image) => {
    const stored = Int8Array.from(image, (x) => Math.min(127, Math.round(x / input.scale!) + input.zeroPoint!));
    const logits = Array.from(runRow(host, digits.program, [stored])[0] as Int8Array);
    return logits.indexOf(Math.max(...logits));
  });
  expect(stdout.trim().split("\n").map(Number)).toEqual(expected);
  expect((await run("objdump", ["-h", "application"], { cwd: folder })).stdout).toContain(".digits_weights");
}, 60_000);
