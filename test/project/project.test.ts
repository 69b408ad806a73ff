/** Generated projects: built the same anywhere, clean of what firmware must not hold, safe from the model's text. */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { validateDevice } from "../../src/compare/validate.js";
import { type Compiled, compile } from "../../src/compile.js";
import { loadData } from "../../src/data/load.js";
import { inputRows } from "../../src/data/rows.js";
import { loadBoard } from "../../src/device/boards.js";
import { childTransport } from "../../src/device/child_transport.js";
import { deviceOver, openDevice } from "../../src/device/device.js";
import { forbiddenSymbols } from "../../src/device/elf_audit.js";
import { buildHost } from "../../src/device/host.js";
import { buildProject } from "../../src/device/pio.js";
import { profileProject } from "../../src/device/profile/profile.js";
import { sizesFromMap } from "../../src/device/size.js";
import type { Project } from "../../src/project/open.js";
import { platformioProject } from "../../src/project/platformio.js";
import { compileDigits, DIGITS_DATA, writeProject } from "../digits.js";
import { floats, modelBytes, node, value } from "../onnx/model_bytes.js";
import { hasSimulatorTools } from "../tools.js";
import { isInstalled, run } from "./compilers.js";

let root: string;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), "onnx2mcu-project-"));
});
afterAll(() => rmSync(root, { recursive: true }));

const digitsRows = ({ program }: Project) =>
  inputRows(
    loadData(DIGITS_DATA),
    "inputs",
    program.inputs.map((id) => program.tensors[id]),
  );

describe.skipIf(!hasSimulatorTools)("built by PlatformIO (needs pio, arm-none-eabi-gcc and qemu)", () => {
  async function expectClean(elf: string): Promise<void> {
    const { stdout } = await run("arm-none-eabi-nm", [elf]);
    expect(stdout).toMatch(/ T digits_run$/m);
    expect(forbiddenSymbols(stdout)).toEqual([]);
  }

  /** The linker map tells the same as the sections of the ELF, but for the gaps between them. */
  async function expectSizes(elf: string): Promise<void> {
    const { stdout } = await run("arm-none-eabi-size", ["-A", "-d", elf]);
    const section = (name: string) => Number(new RegExp(`^\\${name}\\s+(\\d+)`, "m").exec(stdout)?.[1] ?? 0);
    const { model, support } = sizesFromMap(readFileSync(elf.replace(/elf$/, "map"), "utf8"), "digits");
    for (const [name, kind] of [
      [".text", "code"],
      [".rodata", "constants"],
      [".data", "data"],
      [".bss", "bss"],
    ] as const) {
      const gap = section(name) - model[kind] - support[kind];
      expect({ name, gap, fits: gap >= 0 && gap <= 64 }).toMatchObject({ fits: true });
    }
    expect(model.code).toBeGreaterThan(1000);
    expect(model.constants).toBeGreaterThan(5000);
  }

  test("int8: the same ELF from two folders, clean, and counted the same twice", async () => {
    const compiled = compileDigits();
    const projects = [
      await writeProject(join(root, "a"), compiled),
      await writeProject(join(root, "a folder with spaces", "and depth"), compiled),
    ];
    const elfs: string[] = [];
    for (const { folder, board } of projects) elfs.push((await buildProject(folder, board)).elf);
    expect(readFileSync(elfs[0]).equals(readFileSync(elfs[1]))).toBe(true);
    await expectClean(elfs[0]);
    await expectSizes(elfs[0]);
    const input = [new Uint8Array(64).map((_, i) => (i * 37) % 256)];
    const profile = await profileProject(projects[0], input);
    expect(await profileProject(projects[1], input)).toEqual(profile);
    expect(profile.layers).toHaveLength(projects[0].plan.steps.length);
    expect(profile.stackBytes).toBeGreaterThan(0);
  });

  test("float32: clean, and equal to the host on 5 rows in the simulator", async () => {
    const project = await writeProject(join(root, "float32"), compileDigits({ precision: "float32" }));
    await expectClean((await buildProject(project.folder, project.board)).elf);
    const device = await openDevice(project, "simulator");
    try {
      const result = await validateDevice(project, device, digitsRows(project), { limit: 5, perLayer: true });
      expect(result.firmwareVsHost).toEqual([{ equal: true, mismatches: 0, maxAbsDiff: 0 }]);
      expect(result.firstDivergence).toBeNull();
    } finally {
      await device.close();
    }
  });
});

describe.skipIf(!isInstalled("cc"))("on this computer with sanitisers (needs cc)", () => {
  test.each([
    { precision: "int8", ioBuffers: "arena" },
    // Every layer has an output to compare.
    { precision: "int8", ioBuffers: "arena", cascades: false },
    { precision: "int8", io: "float32", ioBuffers: "caller" },
    { precision: "float32", ioBuffers: "arena" },
  ] as const)("$precision in $ioBuffers buffers: 20 rows equal the host's, layer by layer", async (options) => {
    const project = await writeProject(mkdtempSync(join(root, "sanitised-")), compileDigits(options), "host");
    const flags = ["-O1", "-g", "-fsanitize=address,undefined", "-fno-sanitize-recover=all"];
    const transport = childTransport(await buildHost(project, flags), []);
    const device = await deviceOver(transport, project, "this computer");
    try {
      const result = await validateDevice(project, device, digitsRows(project), { limit: 20, perLayer: true });
      expect(result.firmwareVsHost).toEqual([{ equal: true, mismatches: 0, maxAbsDiff: 0 }]);
      expect(result.firstDivergence).toBeNull();
    } finally {
      await device.close();
    }
  });
});

describe("text of the model", () => {
  const HOSTILE = ["*/ int evil(void);", 'quo"te\nnewline', "../../etc/passwd", "tri??/graph\\", "{{name}}", "%s%n"];
  const [graphName, x, w, y, hidden, layer] = HOSTILE.map((text, i) => `${text} hostile${i}`);

  /** y = relu(x + w), everything named with malice. */
  const hostile = (): Uint8Array =>
    modelBytes({
      name: graphName,
      node: [
        node("Add", [x, w], [hidden], { name: layer, docString: graphName }),
        node("Relu", [hidden], [y], { name: graphName }),
      ],
      input: [value(x)],
      output: [value(y)],
      initializer: [floats(w, [4], [1, 2, 3, 4])],
    });

  test.each(["int8", "float32"] as const)("never gets into C or the build, %s", (precision) => {
    const compiled: Compiled = compile(hostile(), {
      precision,
      calibration: () => ({ rows: 2, row: (i) => [Float32Array.of(-1, -2, i, 3)] }),
    });
    const files = platformioProject(compiled, loadBoard("qemu-cortex-m4"), { file: HOSTILE[1], sha256: "" });
    const c = [...files].filter(([path]) => /\.(c|h|ini|md|py|ld)$|library\.json$/.test(path));
    expect(c.length).toBeGreaterThan(10);
    for (const [path, text] of c) {
      for (const name of ["hostile", ...HOSTILE])
        expect({ path, holds: String(text).includes(name) && name }).toEqual({ path, holds: false });
    }
    expect([...files.keys()].filter((path) => /hostile|\.\.|evil/.test(path))).toEqual([]);
    const manifest = JSON.parse(String(files.get("model_manifest.json")));
    expect(manifest.inputs[0].name).toBe(x);
    expect(manifest.outputs[0].name).toBe(y);
    // The same network with plain names has the same C.
    const plain = modelBytes({
      node: [node("Add", ["x", "w"], ["h"]), node("Relu", ["h"], ["y"])],
      initializer: [floats("w", [4], [1, 2, 3, 4])],
    });
    const calibration = () => ({ rows: 2, row: (i: number) => [Float32Array.of(-1, -2, i, 3)] });
    expect([...compile(plain, { precision, calibration }).files]).toEqual([...compiled.files]);
  });
});

describe("generating again", () => {
  test("replaces its own files, and overwrites none that its user has edited", async () => {
    const folder = join(root, "again");
    const { manifest } = await writeProject(folder, compileDigits());
    const main = join(folder, "src", "main.c");
    writeFileSync(join(folder, "notes.txt"), "mine");
    const float = await writeProject(folder, compileDigits({ precision: "float32" }));
    expect(float.manifest).toMatchObject({ precision: "float32" });
    expect(float.manifest.signature).not.toBe(manifest.signature);
    expect(existsSync(join(folder, "lib", "digits", "src", "nn_conv2d_s8.c"))).toBe(false);
    expect(readFileSync(join(folder, "notes.txt"), "utf8")).toBe("mine");

    writeFileSync(main, "/* my application */\n");
    const attempt = writeProject(folder, compileDigits({ ioBuffers: "caller" }));
    await expect(attempt).rejects.toMatchObject({
      code: "E_OUTPUT_NOT_EMPTY",
      message: expect.stringMatching(/main\.c was edited/),
    });
    expect(readFileSync(main, "utf8")).toBe("/* my application */\n");
    expect(JSON.parse(readFileSync(join(folder, "digits_manifest.json"), "utf8")).signature).toBe(
      float.manifest.signature,
    );
  });
});
