/** Whether boards can run a model: arithmetic by hand, and the figures against firmware that is really built. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { loadBoard } from "../../src/device/boards.js";
import { changeFor, type Fit, fitOf, objectiveFor } from "../../src/fit/fit.js";
import type { Needs } from "../../src/fit/needs.js";
import { buildDist, onnx2mcu } from "../cli/run.js";
import { DIGITS_DATA, DIGITS_MODEL } from "../digits.js";
import { hasToolsOf } from "../tools.js";

const folder = mkdtempSync(join(tmpdir(), "onnx2mcu-fit-test-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const uno = loadBoard("arduino-uno");

const needs: Needs = {
  optimize: "balanced",
  measuredOn: null,
  flash: { model: 20_000, link: 4_000 },
  ram: { arena: 1_000, static: 0, stack: 300, link: 200 },
  linkPayload: 52,
  cycles: 1_600_000,
  errors: { bytes: 0.03, cycles: 0.1 },
};

describe("fit by hand", () => {
  test("time is cycles over clock, energy volts times current times time, battery by the shares of time", () => {
    const fit = fitOf(uno, needs, { battery: { capacity: 1000, every: 10 } });
    expect(fit).toMatchObject({ fits: true, flash: { needs: 24_000, has: 32_256 }, ram: { needs: 1_500, has: 2_048 } });
    expect(fit.latency).toEqual({ value: 0.1, error: 0.1 });
    expect(fit.energy?.value).toBeCloseTo(5 * 9.2 * 0.1, 9);
    // 1 % of the time at 9.2 mA, 99 % at 6 µA.
    expect(fit.batteryDays?.value).toBeCloseTo(1000 / (0.092 + 0.00594) / 24, 6);
  });

  test("wait states of the flash make it slower, and less certain", () => {
    const nucleo = loadBoard("nucleo-f446re");
    const { latency } = fitOf(nucleo, needs);
    expect(latency.value).toBeGreaterThan(1_600_000 / 180e6);
    expect(latency.error).toBeGreaterThan(0.1);
  });

  test("what is short is said, with the change that helps", () => {
    const wide: Needs = { ...needs, ram: { ...needs.ram, arena: 4_000 } };
    const short = fitOf(uno, wide, { latency: 0.05 });
    expect(short).toMatchObject({ fits: false, limits: ["RAM: 4.5 KB of 2.0 KB", "time: 100 ms of 50.0 ms"] });
    expect(objectiveFor(short)).toBe("ram");
    const better = fitOf(uno, needs);
    expect(changeFor(short, better, "ram", false)).toBe("--optimize ram");
    expect(changeFor(short, short, "ram", true)).toMatch(/^--precision int8/);
    expect(changeFor(short, short, "ram", false)).toBe(
      "--optimize ram and a smaller input, or fewer channels: it has to shrink to 45 %",
    );
    const slow = fitOf(uno, needs, { latency: 0.05 });
    expect(objectiveFor(slow)).toBe("speed");
    expect(changeFor(slow, slow, "speed", false)).toMatch(/fewer multiply-accumulates, or a faster board/);
  });
});

describe.skipIf(!["qemu-cortex-m4", "qemu-rv32imc"].map(loadBoard).every(hasToolsOf))(
  "fit (needs the simulators)",
  () => {
    beforeAll(buildDist);
    const runFit = (...args: string[]) =>
      onnx2mcu(["fit", DIGITS_MODEL, "--calibration", DIGITS_DATA, "--json", ...args]);

    test.each(["qemu-cortex-m4", "qemu-rv32imc"])("%s: what it says is what the built firmware is", async (name) => {
      const { core } = loadBoard(name);
      const { boards } = JSON.parse((await runFit("--simulated", "--core", core)).stdout) as { boards: Fit[] };
      const found = boards.find(({ board }) => board === name);
      const path = join(folder, name);
      await onnx2mcu(["generate", DIGITS_MODEL, "--board", name, "--calibration", DIGITS_DATA, "-o", path]);
      await onnx2mcu(["build", path]);
      const bench = JSON.parse((await onnx2mcu(["bench", path, "--json"])).stdout);
      const near = (value: number | undefined, real: number, share: number) =>
        expect(Math.abs((value ?? 0) / real - 1)).toBeLessThan(share);
      near(found?.flash.needs, bench.flash.total + bench.support.flash, 0.03);
      near(found?.ram.needs, bench.ram.total + bench.support.ram, 0.03);
      near(found?.latency.value, bench.cycles / loadBoard(name).clockHz, 0.15);
    });

    test("estimates need no tools; a demand that no board meets is status 5", async () => {
      const { status, stdout } = await runFit("--no-measure", "--vendor", "arduino", "--latency", "1us");
      expect(status).toBe(5);
      const { boards } = JSON.parse(stdout) as { boards: (Fit & { change: string })[] };
      expect(boards).toHaveLength(9);
      for (const { measuredOn, change } of boards) {
        expect(measuredOn).toBeNull();
        expect(change.length).toBeGreaterThan(10);
      }
      expect((await runFit("--latency", "fast")).status).toBe(2);
    });
  },
);
