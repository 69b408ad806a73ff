/**
 * Tuning on a connected board. The board is a simulated one behind a serial port, with a timer of the machine for its
 * counter; a stand-in for `pio` builds what would be built for the real one for it, and uploads by giving it the firmware.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { chmodSync, cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { loadBoard, targetOf } from "../../src/device/boards.js";
import { artefacts, buildProject, findPio } from "../../src/device/pio.js";
import { packagePath } from "../../src/io/package_path.js";
import { openProject } from "../../src/project/open.js";
import { buildDist, onnx2mcu, snapshot } from "../cli/run.js";
import { compileDigits, writeProject } from "../digits.js";
import { hasSimulatorTools } from "../tools.js";

const root = mkdtempSync(join(tmpdir(), "onnx2mcu-meters-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));
const at = (name: string) => join(root, name);
const port = at("port");

/** Timer 0 of the machine counts down at the clock of the core. */
const COUNTER = `#include "board.h"
#define TIMER0 ((volatile uint32_t *)0x40000000u)
uint32_t board_cycle_hz(void) {
    TIMER0[2] = 0xFFFFFFFFu;
    TIMER0[1] = 0xFFFFFFFFu;
    TIMER0[0] = 1u;
    return (uint32_t)F_CPU;
}
uint32_t board_cycles(void) {
    return ~TIMER0[1];
}
`;

const SIMULATED = loadBoard("qemu-cortex-m4");
const REAL = loadBoard("nucleo-f446re");

/** "run" builds the model of the project that it is in; "run -t upload" gives the simulator that firmware. */
function standIn(pio: string): string {
  const [built, running] = ["bench", "board"].map((name) => artefacts(at(name), SIMULATED).elf);
  return `#!/bin/sh
set -e
echo "$@" >> ${at("runs")}
if [ "$2" = "-t" ]; then
  cp ${built} ${running}.new
  rm -f ${port}
  mv ${running}.new ${running}
  while [ ! -e ${port} ]; do sleep 0.1; done
else
  rm -rf ${at("bench/lib")} ${at("bench/src")}
  cp -r lib ${at("bench/lib")}
  mkdir ${at("bench/src")}
  cp src/main.c ${at("bench/src")}
  echo 'int firmware_main(void); int main(void) { return firmware_main(); }' > ${at("bench/src/framework.c")}
  cd ${at("bench")}
  ${pio} run
fi
`;
}

describe.skipIf(!hasSimulatorTools || process.platform === "win32")(
  "onnx2mcu tune --on a port (needs its tools)",
  () => {
    const firmware = at("firmware");
    const env = { ONNX2MCU_PIO: at("pio"), TMPDIR: at("tmp") };
    let simulator: ChildProcess;

    beforeAll(async () => {
      await buildDist();
      const compiled = compileDigits({ name: "digits", target: targetOf(REAL), optimize: "speed" });
      await writeProject(firmware, compiled, REAL.name);
      const board = await writeProject(at("board"), compiled, SIMULATED.name);
      const [counter] = readdirSync(board.folder, { recursive: true }).filter((file) =>
        /cycles_dwt\.c$/.test(String(file)),
      );
      writeFileSync(join(board.folder, String(counter)), COUNTER);
      cpSync(board.folder, at("bench"), { recursive: true });
      await buildProject(board.folder, SIMULATED);
      mkdirSync(dirname(artefacts(at("bench"), SIMULATED).elf), { recursive: true });
      mkdirSync(at("tmp"));
      writeFileSync(at("pio"), standIn(findPio()));
      chmodSync(at("pio"), 0o755);
      simulator = spawn(process.execPath, [packagePath("dist", "cli.js"), "simulate", board.folder, "--link", port]);
      await new Promise((resolve) => simulator.stdout?.once("data", resolve));
    }, 120_000);
    afterEach(() => {
      // What was measured with is gone, however it ended.
      expect(readdirSync(at("tmp")).filter((name) => name.startsWith("onnx2mcu"))).toEqual([]);
    });
    afterAll(
      () =>
        new Promise((resolve) => {
          simulator.once("exit", resolve);
          simulator.kill("SIGTERM");
        }),
    );
    const tune = (...more: string[]) => onnx2mcu(["tune", firmware, "--on", port, ...more], { env });

    test("Ctrl-C leaves the project as it was", { timeout: 60_000 }, async () => {
      const before = snapshot(firmware);
      const child = spawn(process.execPath, [packagePath("dist", "cli.js"), "tune", firmware, "--on", port], {
        env: { ...process.env, ...env },
      });
      const status = new Promise((resolve) => child.once("exit", resolve));
      let said = "";
      await new Promise<void>((resolve) => {
        child.stderr.on("data", (all: Buffer) => {
          said += all.toString();
          if (said.includes("measuring ...")) resolve();
        });
        child.once("exit", resolve);
      });
      expect(said).toMatch(/building .*uploading .*measuring/s);
      child.kill("SIGINT");
      expect(await status).toBe(130);
      expect(snapshot(firmware)).toEqual(before);
    });

    test("a simulated board is measured in its simulator", async () => {
      const { status, stderr } = await onnx2mcu(["tune", at("board"), "--on", port]);
      expect(status).toBe(2);
      expect(stderr).toMatch(/E_USAGE: qemu-cortex-m4 is measured in its simulator: leave --on .* out/);
    });

    test("a port that is not there is named, and the project stays", { timeout: 60_000 }, async () => {
      const before = snapshot(firmware);
      const { status, stderr } = await onnx2mcu(["tune", firmware, "--on", at("nowhere")], {
        env,
      });
      expect(status).toBe(6);
      expect(stderr).toMatch(/E_PORT: .*nowhere/);
      expect(snapshot(firmware)).toEqual(before);
    });

    test("uploads, measures, chooses anew and keeps what it learned", { timeout: 300_000 }, async () => {
      writeFileSync(at("runs"), "");
      const { status, stdout, stderr } = await tune("--json");
      expect({ status, stderr }).toEqual({
        status: 0,
        stderr: expect.stringMatching(/^building .*measuring \.\.\.\n$/s),
      });
      const document = JSON.parse(stdout);
      expect(document).toMatchObject({ name: "digits", board: REAL.name });
      expect(document.after.cycles).toBeLessThanOrEqual(document.before.cycles);
      const { core, source, calls } = JSON.parse(readFileSync(document.costs, "utf8"));
      expect({ core, source }).toEqual({ core: "cortex-m4", source: `counter of ${REAL.name}` });
      expect(calls.length).toBe(document.measured);
      const { program, manifest } = openProject(firmware);
      expect(calls.length).toBeGreaterThan(program.steps.length);
      for (const call of calls) expect(call).toEqual({ call: expect.any(String), cycles: expect.any(Number) });
      expect(Math.max(...calls.map(({ cycles }: { cycles: number }) => cycles))).toBeGreaterThan(1000);
      expect(manifest.request.optimize).toBe("speed");
      // Built and uploaded as often, and what is known is not measured again.
      const runs = readFileSync(at("runs"), "utf8").trim().split("\n");
      expect(runs.filter((line) => line === "run -t upload").length).toBe(runs.length / 2);
      writeFileSync(at("runs"), "");
      expect(JSON.parse((await tune("--json")).stdout)).toMatchObject({ measured: document.measured, written: 0 });
      expect(readFileSync(at("runs"), "utf8")).toBe("");
    });
  },
);
