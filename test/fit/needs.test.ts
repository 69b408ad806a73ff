/** What `fit` says a model needs, on every board whose firmware is built here, against that firmware. */
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { compileFor, type Prepared, prepare } from "../../src/compile.js";
import { loadData } from "../../src/data/load.js";
import { inputRows } from "../../src/data/rows.js";
import { type Board, listBoards, loadBoard, targetOf } from "../../src/device/boards.js";
import { buildProject } from "../../src/device/pio.js";
import { cycleModelOf } from "../../src/device/profile/cycle_models.js";
import { fitOf } from "../../src/fit/fit.js";
import { needsOf } from "../../src/fit/needs.js";
import { writeTree } from "../../src/io/files.js";
import { packagePath } from "../../src/io/package_path.js";
import { platformioProject } from "../../src/project/platformio.js";
import { costTableOf } from "../../src/select/costs.js";
import { listLikenesses } from "../../src/select/likeness.js";
import { SHARED } from "../shared.js";
import { hasToolsOf } from "../tools.js";

const root = mkdtempSync(join(tmpdir(), "onnx2mcu-needs-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const shared = (name: string) => join(SHARED, "models", name);
const MODELS = [
  {
    name: "digits",
    model: packagePath("examples/digits/digits.onnx"),
    data: packagePath("examples/digits/digits.npz"),
  },
  ...["tinymaix_mnist_dw", "mlperf_kws"].map((name) => ({
    ...{ name, model: join(shared(name), "model.onnx"), data: join(shared(name), "data.npz") },
  })),
];
/** Models too large for a board; every other one is built on it. */
const TOO_LARGE: Readonly<Record<string, readonly string[]>> = {
  atmega328p: ["mlperf_kws"],
  atmega2560: ["mlperf_kws"],
};

const known = new Map<string, Prepared>();
function prepared({ name, model, data }: (typeof MODELS)[number]): Prepared {
  const rows = () => loadData(data);
  const found =
    known.get(name) ?? prepare(model, { calibration: (inputs) => inputRows(rows(), "calibration", inputs) });
  known.set(name, found);
  return found;
}

/** Bytes of flash and of variables, as the compiler's own `size` counts them. */
async function builtSizes(model: Prepared, board: Board): Promise<{ flash: number; variables: number }> {
  const folder = mkdtempSync(join(root, "p-"));
  const compiled = compileFor(model, { target: targetOf(board), optimize: "balanced" });
  await writeTree(folder, platformioProject(compiled, board, { file: "m.onnx", sha256: "" }));
  const { elf } = await buildProject(folder, board);
  const [, line] = execFileSync(`${board.build?.prefix}size`, [elf], { encoding: "utf8" }).split("\n");
  const [text, data, bss] = line.trim().split(/\s+/).map(Number);
  return { flash: text + data, variables: data + bss };
}

const off = (estimate: number, real: number) => Math.abs(estimate / real - 1);
const simulated = listBoards().filter(({ simulator }) => simulator !== null);

describe.each(simulated)("$name", (board) => {
  const models = MODELS.filter(({ name }) => !TOO_LARGE[board.name]?.includes(name));
  for (const model of models) {
    const there = existsSync(model.model);
    const needed = model.name === "digits" ? "needs its tools" : "needs its tools and ../shared";
    it.skipIf(!hasToolsOf(board) || !there)(`${model.name}: what it says is what was built (${needed})`, async () => {
      const says = await needsOf(prepared(model), board, "balanced", true);
      expect(says.measuredOn).toBe(board.name);
      const { flash, variables } = await builtSizes(prepared(model), board);
      const fit = fitOf(board, says);
      expect(fit.fits).toBe(true);
      expect(off(fit.flash.needs, flash)).toBeLessThan(0.03);
      expect(off(fit.ram.needs, variables + says.ram.stack)).toBeLessThan(0.03);
      const estimate = await needsOf(prepared(model), board, "balanced", false);
      expect(estimate.measuredOn).toBeNull();
      expect(off(estimate.cycles, says.cycles)).toBeLessThan(0.15);
      // Without a compiler it is rougher, within what it says.
      const rough = fitOf(board, estimate);
      expect(off(rough.flash.needs, flash)).toBeLessThan(estimate.errors.bytes);
      expect(off(rough.ram.needs, variables + says.ram.stack)).toBeLessThan(estimate.errors.bytes);
    });
  }
});

describe("needsOf", () => {
  const [digits] = MODELS;

  it("says of estimates how far the cost table may be off", async () => {
    for (const name of ["qemu-cortex-m4", "qemu-cortex-m33", "qemu-cortex-m55", "arduino-uno"]) {
      const board = loadBoard(name);
      const { errors, measuredOn } = await needsOf(prepared(digits), board, "speed", false);
      expect(errors.cycles).toBe(costTableOf(targetOf(board)).error);
      expect(measuredOn).toBeNull();
    }
  });

  it("takes likeness to another core from one place, for counts and for estimates", () => {
    for (const [core, { like, cycles, sameInstructions }] of listLikenesses()) {
      const { isa } = listBoards().find((board) => board.core === core)!;
      const [own, other] = [core, like].map((core) => costTableOf({ core, isa }));
      expect(own).toMatchObject({ core: like, exact: false });
      expect(other.exact).toBe(true);
      expect(own.plain.nn_conv2d_s8.mac).toBeCloseTo(cycles * other.plain.nn_conv2d_s8.mac, 9);
      const [variant] = Object.keys(other.variants);
      expect(own.variants[variant].call).toBeCloseTo(cycles * other.variants[variant].call, 9);
      const block = [{ mnemonic: "ldr", operands: "r0, [r1]" }];
      const [model, theirs] = [core, like].map((core) => cycleModelOf(core));
      if (sameInstructions) {
        expect(model?.blockCycles(block)).toBeCloseTo(cycles * theirs!.blockCycles(block), 9);
        expect(model?.takenCycles(block[0])).toBeCloseTo(cycles * theirs!.takenCycles(block[0]), 9);
      } else expect(model).toBeUndefined();
    }
  });
});
