/** Packaged models, built by the tools that they are packaged for. */
import { spawnSync } from "node:child_process";
import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { validateDevice } from "../../../src/compare/validate.js";
import { loadData } from "../../../src/data/load.js";
import { inputRows } from "../../../src/data/rows.js";
import { loadBoard, targetOf } from "../../../src/device/boards.js";
import { openDevice } from "../../../src/device/device.js";
import { buildProject, findPio } from "../../../src/device/pio.js";
import { manifestOf } from "../../../src/emit/manifest.js";
import { hostProgram, runRow } from "../../../src/host/run.js";
import { storedValues } from "../../../src/host/values.js";
import { writeTree } from "../../../src/io/files.js";
import { packageFiles } from "../../../src/project/formats/format.js";
import { PACKAGE_FORMATS, packageFormat } from "../../../src/project/formats/index.js";
import { openProject } from "../../../src/project/open.js";
import { compileDigits, DIGITS_DATA, writeProject } from "../../digits.js";
import { hasPlatformio, hasToolsOf } from "../../tools.js";
import { isInstalled, run } from "../compilers.js";

const root = mkdtempSync(join(tmpdir(), "onnx2mcu-formats-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));
const models = [compileDigits({ name: "first" }), compileDigits({ name: "second", precision: "float32" })];

async function write(folder: string, model: (typeof models)[number], format: string): Promise<string> {
  const manifest = manifestOf(model, "host", { file: "digits.onnx", sha256: "" });
  await writeTree(folder, packageFiles({ ...model, manifest }, packageFormat(format)!));
  return folder;
}

/** Stored input of the first row, and the output of the host reference. */
function row({ program }: (typeof models)[number]): { input: Buffer; output: Buffer } {
  const tensors = program.inputs.map((id) => program.tensors[id]);
  const [real] = inputRows(loadData(DIGITS_DATA), "inputs", tensors).row(0);
  const input = storedValues(tensors[0], real);
  const [output] = runRow(hostProgram(program), program, [input]);
  const bytes = (array: ArrayBufferView) => Buffer.from(array.buffer, array.byteOffset, array.byteLength);
  return { input: bytes(input), output: bytes(output) };
}

const answer = (program: string, input: Buffer) => spawnSync(program, { input }).stdout;

test.each(PACKAGE_FORMATS)("$name opens again, and build says what builds it", async ({ name }) => {
  const folder = await write(join(root, `open-${name}`), models[0], name);
  expect(openProject(folder).manifest.format).toBe(name);
  await expect(buildProject(folder, loadBoard("host"))).rejects.toThrow("--format platformio");
});

describe.each(models)("$name", (model) => {
  const { input, output } = row(model);
  test.skipIf(!isInstalled("cmake") || !isInstalled("cc"))(
    "CMake: equals the host reference (needs cmake)",
    async () => {
      const folder = await write(join(root, `cmake-${model.name}`), model, "cmake");
      await run("cmake", ["-B", "build"], { cwd: folder });
      await run("cmake", ["--build", "build"], { cwd: folder });
      expect(answer(join(folder, "build", `${model.name}_example`), input)).toEqual(output);
    },
  );
  test.skipIf(!isInstalled("make") || !isInstalled("cc"))("Make: equals the host reference (needs make)", async () => {
    const folder = await write(join(root, `make-${model.name}`), model, "cmake");
    await run("make", [], { cwd: folder });
    expect(answer(join(folder, "build", `${model.name}_example`), input)).toEqual(output);
    expect(spawnSync(join(folder, "build", `${model.name}_example`), { input: "" }).status).toBe(1);
  });
});

test.skipIf(!isInstalled("cmake") || !isInstalled("cc"))("two in one CMake project (needs cmake)", async () => {
  const folder = join(root, "two");
  for (const model of models) await write(join(folder, model.name), model, "cmake");
  writeFileSync(
    join(folder, "CMakeLists.txt"),
    "cmake_minimum_required(VERSION 3.13)\nproject(two C)\nadd_subdirectory(first)\nadd_subdirectory(second)\n" +
      "add_executable(two main.c)\ntarget_link_libraries(two first_model second_model)\n",
  );
  const main =
    '#include "first.h"\n#include "second.h"\nint main(void) { return first_init(NULL) != second_init(NULL); }\n';
  writeFileSync(join(folder, "main.c"), main);
  await run("cmake", ["-B", "build"], { cwd: folder });
  await run("cmake", ["--build", "build"], { cwd: folder });
  expect(spawnSync(join(folder, "build", "two")).status).toBe(0);
});

test.skipIf(!hasPlatformio)("pio packs the library (needs PlatformIO)", async () => {
  const folder = await write(join(root, "library"), models[0], "library");
  const packed = join(root, "first.tar.gz");
  await run(findPio(), ["pkg", "pack", folder, "-o", packed]);
  expect(readFileSync(packed).length).toBeGreaterThan(1000);
  expect((await run("tar", ["tzf", packed])).stdout).toContain("src/first.h");
});

const SIMULATED = ["qemu-cortex-m4", "qemu-rv32imc"].map(loadBoard);
describe.each(SIMULATED)("$name", (board) => {
  test.skipIf(!hasToolsOf(board))(
    "PlatformIO builds firmware with the library: equals the host reference (needs its tools)",
    async () => {
      const model = compileDigits({ name: "first", target: targetOf(board) });
      const project = await writeProject(join(root, `firmware-${board.name}`), model, board.name);
      // The project's own copy of the model goes; the packaged library comes instead, from where it lies.
      rmSync(join(project.folder, "lib", "first"), { recursive: true });
      const library = await write(join(root, `library-${board.name}`), model, "library");
      appendFileSync(join(project.folder, "platformio.ini"), `lib_deps = symlink://${library}\n`);
      const { map } = await buildProject(project.folder, board);
      expect(readFileSync(map, "utf8")).toContain(`library-${board.name}.a(first.o)`);
      const device = await openDevice(project, "simulator");
      try {
        const rows = inputRows(loadData(DIGITS_DATA), "inputs", [...project.manifest.inputs]);
        const { firmwareVsHost } = await validateDevice(project, device, rows, { limit: 2 });
        expect(firmwareVsHost).toEqual([{ equal: true, mismatches: 0, maxAbsDiff: 0 }]);
      } finally {
        await device.close();
      }
    },
  );
});
