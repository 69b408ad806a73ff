import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { loadBoard, targetOf } from "../../src/device/boards.js";
import { kernelSteps } from "../../src/graph/program.js";
import { isPortable } from "../../src/kernels/variants/index.js";
import { openProject, type Project } from "../../src/project/open.js";
import { estimateCycles } from "../../src/select/estimate.js";
import type { SelectOptions } from "../../src/select/select.js";
import { readCosts, storeCosts } from "../../src/tune/costs_file.js";
import { tuneProject } from "../../src/tune/tune.js";
import { buildDist, onnx2mcu } from "../cli/run.js";
import { compileDigits, DIGITS_DATA, DIGITS_MODEL, writeProject } from "../digits.js";
import { hasSimulatorTools } from "../tools.js";

const folder = mkdtempSync(join(tmpdir(), "tune-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const at = (name: string) => join(folder, name);

describe("a file of costs", () => {
  const costs = {
    core: "cortex-m4",
    source: "a test",
    calls: [{ call: "[nn_add_s8]", cycles: 12.5, instructions: 9 }],
  };

  test("is read as it was written", () => {
    writeFileSync(at("c.json"), storeCosts(costs));
    expect(readCosts(at("c.json"), "cortex-m4")).toEqual(costs);
  });

  test.each([
    ["of another core", storeCosts({ ...costs, core: "cortex-m3" }), /measured on cortex-m3/],
    ["that is no JSON", "{", /cannot be read as JSON/],
    ["that holds none", "{}", /holds no costs/],
  ])("%s is refused", (_what, text, message) => {
    writeFileSync(at("bad.json"), text);
    expect(() => readCosts(at("bad.json"), "cortex-m4")).toThrow(message);
    expect(() => readCosts(at("bad.json"), "cortex-m4")).toThrow(expect.objectContaining({ code: "E_USAGE" }));
  });
});

test("a board without simulator is refused, with the way out", async () => {
  const project = await writeProject(at("uno"), compileDigits({ name: "digits" }), "nucleo-f446re");
  await expect(tuneProject(project, {})).rejects.toThrow(/no simulator.*--on its port.*generate --costs/);
});

describe.skipIf(!hasSimulatorTools)("onnx2mcu tune (needs the simulator)", () => {
  beforeAll(buildDist, 120_000);

  test("measures, keeps what it learned, and chooses no worse for speed", { timeout: 300_000 }, async () => {
    const board = loadBoard("qemu-cortex-m4");
    const target = targetOf(board);
    const project = await writeProject(at("digits"), compileDigits({ name: "digits", target, optimize: "speed" }));
    const { model, measured } = await tuneProject(project, { optimize: "speed" });
    expect(measured.length).toBeGreaterThan(project.program.steps.length);
    const cycles = (program: typeof model.program) => estimateCycles(program, target, measured).cycles;
    expect(cycles(model.program)).toBeLessThanOrEqual(cycles(project.program));
    // What is known is not measured again.
    const again = await tuneProject(project, { optimize: "speed" }, measured, (_done, all) => expect(all).toBe(0));
    expect(again.model.manifest).toEqual(model.manifest);
  });

  describe("chooses by what was generated", () => {
    const target = targetOf(loadBoard("qemu-cortex-m4"));
    let known: Awaited<ReturnType<typeof tuneProject>>["measured"];
    beforeAll(async () => {
      const project = await writeProject(at("known"), compileDigits({ name: "digits", target }));
      known = (await tuneProject(project, {})).measured;
    }, 300_000);

    /** A project that was generated with some options, tuned without naming them, and with others. */
    async function tuned(folder: string, generated: SelectOptions, asked: SelectOptions = {}) {
      const project = await writeProject(at(folder), compileDigits({ name: "digits", target, ...generated }));
      const again = await tuneProject(project, asked, known, (_done, all) => expect(all).toBe(0));
      return again.model;
    }
    const isPlain = ({ program }: Pick<Project, "program">) => program.steps.flatMap(kernelSteps).every(isPortable);

    test("--kernels plain, unless told otherwise", async () => {
      const { manifest, ...model } = await tuned("plain", { kernels: "plain" });
      expect(isPlain(model)).toBe(true);
      expect(manifest.request).toEqual({ kernels: "plain", optimize: "balanced", cascades: true });
      expect(isPlain(await tuned("plain", { kernels: "plain" }, { kernels: "auto" }))).toBe(false);
    });

    test("--no-cascade", async () => {
      const cascades = ({ program }: Pick<Project, "program">) => program.steps.filter(({ cascade }) => cascade).length;
      expect(cascades(await tuned("cascade", { optimize: "ram" }))).toBeGreaterThan(0);
      const whole = await tuned("whole", { optimize: "ram", cascades: false });
      expect(cascades(whole)).toBe(0);
      expect(whole.manifest.request).toMatchObject({ optimize: "ram", cascades: false });
      expect(cascades(await tuned("whole", { optimize: "ram", cascades: false }, { cascades: true }))).toBeGreaterThan(
        0,
      );
    });

    test("--max-ram", async () => {
      const free = await tuned("free", { optimize: "speed" });
      const least = await tuned("least", { optimize: "ram" });
      const maxRam = Math.floor((free.plan.arenaBytes + least.plan.arenaBytes) / 2);
      const within = await tuned("max-ram", { optimize: "speed", maxRam });
      expect(within.plan.arenaBytes).toBeLessThanOrEqual(maxRam);
      expect(within.manifest.request.maxRam).toBe(maxRam);
    });

    test("--max-flash", async () => {
      const tables = ({ manifest }: Pick<Project, "manifest">) => manifest.tables.bytes;
      const free = await tuned("free", { optimize: "speed" });
      // The least there is takes 7.6 KB.
      const maxFlash = 8000;
      const within = await tuned("max-flash", { optimize: "speed", maxFlash });
      expect(tables(free)).toBeGreaterThan(maxFlash);
      expect(tables(within)).toBeLessThanOrEqual(maxFlash);
      expect(within.manifest.request.maxFlash).toBe(maxFlash);
    });
  });

  test("generates the project anew, --mlperf too; generate --costs gives the same", { timeout: 300_000 }, async () => {
    const generate = ["generate", DIGITS_MODEL, "--calibration", DIGITS_DATA, "--board", "qemu-cortex-m4", "-o"];
    expect((await onnx2mcu([...generate, at("a"), "--mlperf"])).status).toBe(0);
    const dialect = at("a/lib/onnx2mcu_link/src/link_mlperf.c");
    expect(existsSync(dialect)).toBe(true);
    const tuned = await onnx2mcu(["tune", at("a"), "--json"]);
    expect(tuned.status).toBe(0);
    const document = JSON.parse(tuned.stdout);
    expect(document).toMatchObject({ name: "digits", board: "qemu-cortex-m4", costs: at("a/digits_costs.json") });
    expect(existsSync(dialect)).toBe(true);
    expect(openProject(at("a")).manifest.mlperf).toBe(true);
    expect((await onnx2mcu([...generate, at("b"), "--costs", document.costs])).status).toBe(0);
    for (const file of ["digits.c", "digits_weights.c"]) {
      const path = join("lib", "digits", "src", file);
      expect(readFileSync(join(at("b"), path), "utf8")).toBe(readFileSync(join(at("a"), path), "utf8"));
    }
    expect((await onnx2mcu(["build", at("a")])).status).toBe(0);
    const checked = await onnx2mcu(["validate", at("a"), "--on", "simulator", "--data", DIGITS_DATA, "--limit", "3"]);
    expect(checked.stdout).toMatch(/agree in every byte/);
  });
});
