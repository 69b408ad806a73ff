/** The serial path with a simulated board at the other end: a pseudo-terminal that serialport opens. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { loadData } from "../../src/data/load.js";
import { inputRows } from "../../src/data/rows.js";
import { loadBoard } from "../../src/device/boards.js";
import { flashProject } from "../../src/device/flash.js";
import { buildProject } from "../../src/device/pio.js";
import { packagePath } from "../../src/io/package_path.js";
import type { Project } from "../../src/project/open.js";
import { buildDist, onnx2mcu } from "../cli/run.js";
import { compileDigits, DIGITS_DATA, writeProject } from "../digits.js";
import { hasToolsOf } from "../tools.js";

/** One of each kind of simulator. */
const BOARDS = ["qemu-stm32f405", "atmega328p", "rp2040"].map(loadBoard);
const folder = mkdtempSync(join(tmpdir(), "onnx2mcu-port-"));
const port = join(folder, "port");
let project: Project;
let simulator: ChildProcess | undefined;

beforeAll(buildDist);

/** Ends it as a pulled cable would; what it leaves behind is its own. */
async function unplug(signal: NodeJS.Signals = "SIGTERM"): Promise<void> {
  const child = simulator;
  simulator = undefined;
  if (!child || child.exitCode !== null || child.signalCode !== null) return;
  await new Promise((resolve) => {
    child.once("exit", resolve);
    child.kill(signal);
  });
}

async function plugIn(): Promise<void> {
  const cli = packagePath("dist", "cli.js");
  const child = spawn(process.execPath, [cli, "simulate", project.folder, "--link", port], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  simulator = child;
  await new Promise<void>((resolve, reject) => {
    child.stdout.once("data", () => resolve());
    child.once("exit", (code) => reject(new Error(`simulate ended with ${code}`)));
  });
}

afterEach(() => unplug());
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const validate = (...more: string[]) =>
  onnx2mcu(["validate", project.folder, "--on", port, "--data", DIGITS_DATA, ...more]);

const runnable = BOARDS.filter((board) => process.platform !== "win32" && hasToolsOf(board));
describe.skipIf(runnable.length < BOARDS.length).each(BOARDS)("$title at a port (needs its tools)", (board) => {
  beforeAll(async () => {
    project = await writeProject(join(folder, board.name), compileDigits({ name: "digits" }), board.name);
    await buildProject(project.folder, board);
  });

  test("validate equals the host; simulate cleans up", async () => {
    await plugIn();
    const { status, stdout, stderr } = await validate("--limit", "5", "--per-layer", "--json");
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(JSON.parse(stdout)).toMatchObject({ target: port, rows: 5, firmwareVsHost: { equal: true, mismatches: 0 } });
    await unplug();
    expect(existsSync(port)).toBe(false);
  });

  test("a port that another program has is busy", async () => {
    await plugIn();
    const first = validate("--json");
    await delay(1500);
    const { status, stderr } = await validate("--limit", "1");
    expect(status).toBe(6);
    expect(stderr).toMatch(/E_PORT: .* is in use by another program/);
    expect((await first).status).toBe(0);
  });

  test.each([100, 700, 1500, 2500])(
    "unplugged %i ms into a validation: it ends within 5 s and says so; a rerun succeeds",
    async (ms) => {
      await plugIn();
      const running = validate();
      await delay(ms);
      const start = performance.now();
      await unplug("SIGTERM");
      const { status, stderr } = await running;
      expect(performance.now() - start).toBeLessThan(5000);
      expect(status).toBe(6);
      expect(stderr).toMatch(/E_(LINK|PORT): .*(gone|ended|there is no port)/);
      await plugIn();
      expect((await validate("--limit", "2")).status).toBe(0);
    },
  );

  /** Processes that a process has started. */
  const childrenOf = (pid: number): number[] =>
    spawnSync("ps", ["-o", "pid=", "--ppid", String(pid)])
      .stdout.toString()
      .split("\n")
      .map(Number)
      .filter((child) => child > 0);
  const isAlive = (pid: number) =>
    /^[^Z\s]/.test(spawnSync("ps", ["-o", "stat=", "-p", String(pid)]).stdout.toString());

  /** `validate --on simulator`, `ms` after it has started its simulator. */
  async function validation(ms: number) {
    const args = ["validate", project.folder, "--on", "simulator", "--data", DIGITS_DATA];
    const child = spawn(process.execPath, [packagePath("dist", "cli.js"), ...args], {
      stdio: ["ignore", "pipe", "pipe"],
    });
    let said = "";
    child.stderr.on("data", (chunk: Buffer) => {
      said += chunk.toString();
    });
    const ended = new Promise<number | null>((resolve) => child.once("close", resolve));
    let started: number | undefined;
    // One that does not start it ends, and says why.
    while (started === undefined && child.exitCode === null) {
      await delay(10);
      started = childrenOf(child.pid as number)[0];
    }
    await delay(ms);
    const killed = performance.now();
    return {
      child,
      simulator: started as number,
      async outcome() {
        const status = await ended;
        expect(performance.now() - killed).toBeLessThan(5000);
        return { status, said };
      },
    };
  }

  test.each([0, 200, 800])(
    "its own simulator killed %i ms into a validation: it ends within 5 s and says so; a rerun succeeds",
    async (ms) => {
      const { simulator, outcome } = await validation(ms);
      process.kill(simulator, "SIGKILL");
      const { status, said } = await outcome();
      expect(said).toMatch(/onnx2mcu: E_LINK: the link to the board ended: the program ended \(SIGKILL\)/);
      expect(status).toBe(6);
      expect(
        (await onnx2mcu(["validate", project.folder, "--on", "simulator", "--data", DIGITS_DATA, "--limit", "2"]))
          .status,
      ).toBe(0);
    },
  );

  test.each([
    ["SIGINT", 130],
    ["SIGTERM", 143],
  ] as const)("%s to validate ends its simulator, too", async (signal, exit) => {
    const { child, simulator, outcome } = await validation(300);
    expect(isAlive(simulator)).toBe(true);
    child.kill(signal);
    expect((await outcome()).status).toBe(exit);
    await delay(100);
    expect(isAlive(simulator)).toBe(false);
  });

  test("flash gives the running simulator new firmware, and checks that it is there", async () => {
    await plugIn();
    const before = project;
    const other = compileDigits({
      name: "digits",
      calibration: (inputs) => ({ ...inputRows(loadData(DIGITS_DATA), "calibration", inputs), rows: 8 }),
    });
    project = await writeProject(project.folder, other, board.name);
    try {
      // The old firmware still runs: comparing with it is refused.
      const refused = await validate("--limit", "1");
      expect(refused.status).toBe(6);
      expect(refused.stderr).toMatch(/E_SIGNATURE: .*signature [0-9a-f]{16}, the project's is/);
      const { status, stdout } = await onnx2mcu(["flash", project.folder, "--port", port, "--json"]);
      expect(status).toBe(0);
      expect(JSON.parse(stdout)).toMatchObject({ port, signature: project.manifest.signature });
      expect((await validate("--limit", "2")).status).toBe(0);
    } finally {
      project = await writeProject(before.folder, compileDigits({ name: "digits" }), board.name);
      await buildProject(project.folder, board);
    }
  });

  test("flash finds USB of the chip itself under the name with which it comes back", async () => {
    await plugIn();
    const pio = join(folder, "pio");
    writeFileSync(pio, "#!/bin/sh\n");
    chmodSync(pio, 0o755);
    vi.stubEnv("ONNX2MCU_PIO", pio);
    try {
      const mkr = loadBoard("arduino-mkr-wifi-1010");
      const [{ vid, pid }] = mkr.serial?.usb ?? [];
      const before = { path: join(folder, "ttyACM0"), vid, pid, serialNumber: "A1" };
      let uploaded = false;
      const flashed = await flashProject(
        { ...project, board: mkr },
        {
          onStage: (stage) => {
            uploaded = stage.startsWith("waiting");
          },
          ports: async () => [uploaded ? { ...before, path: port } : before],
        },
      );
      expect(flashed).toMatchObject({ port, info: { signature: project.manifest.signature } });
    } finally {
      vi.unstubAllEnvs();
    }
  });

  test.each(["building ...", "waiting for"])(
    "unplugged while flash says %j: it ends soon and says so; a rerun succeeds",
    async (stage) => {
      await plugIn();
      const args = [packagePath("dist", "cli.js"), "flash", project.folder, "--port", port];
      const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "pipe"] });
      let said = "";
      const atStage = new Promise<void>((resolve) => {
        child.stderr.on("data", (all: Buffer) => {
          said += all.toString();
          if (said.includes(stage)) resolve();
        });
      });
      const ended = new Promise<number | null>((resolve) => child.once("exit", resolve));
      await atStage;
      await unplug();
      const start = performance.now();
      const status = await ended;
      // A build that is under way is finished first: it needs no board.
      expect(performance.now() - start).toBeLessThan(stage.startsWith("building") ? 30_000 : 5000);
      // Nothing is lost when it was done before the plug was pulled.
      if (status !== 0) {
        expect(status).toBe(6);
        expect(said).toMatch(/E_PORT: .*did not come back.*start onnx2mcu simulate .* again/);
      }
      await plugIn();
      expect((await validate("--limit", "1")).status).toBe(0);
    },
  );

  test("flash without a running simulator says how to start one", async () => {
    const { status, stderr } = await onnx2mcu(["flash", project.folder]);
    expect(status).toBe(6);
    expect(stderr).toMatch(/E_PORT: no simulator of .* is running; start it with onnx2mcu simulate/);
  });

  test("a simulator that is killed lets simulate end with an error", async () => {
    await plugIn();
    const child = simulator as ChildProcess;
    const ended = new Promise((resolve) => child.once("exit", resolve));
    process.kill(childrenOf(child.pid as number)[0], "SIGKILL");
    expect(await ended).toBe(6);
  });
});
