/** Uploads by a stand-in for `pio` that prints what esptool prints, and then dies, hangs or ends. */
import { spawn, spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { loadBoard } from "../../src/device/boards.js";
import { flashProject, upload } from "../../src/device/flash.js";
import { packagePath } from "../../src/io/package_path.js";
import type { Project } from "../../src/project/open.js";
import { buildDist } from "../cli/run.js";
import { compileDigits, writeProject } from "../digits.js";

const root = mkdtempSync(join(tmpdir(), "onnx2mcu-flash-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));
const file = (name: string) => join(root, name);
const port = file("ttyUSB0");

/** A child does the work, as esptool does under pio; it writes its process id. */
const STAND_IN = `#!/bin/sh
echo "$@" >> ${file("args")}
case "$(cat ${file("mode")})-$*" in
build*-run) mkdir -p .pio/build/esp32-devkitc; echo half > .pio/build/esp32-devkitc/firmware.elf; echo building ;;
*-run) exit 0 ;;
esac
sh -c 'echo $$ > ${file("pid")}
echo "esptool.py v4.8.5"
echo "Serial port ${port}"
echo "Writing at 0x00010000... (10 %)"
case "$(cat ${file("mode")})" in
die) echo "serial.serialutil.SerialException: device reports readiness to read but returned no data (device disconnected?)"; exit 1 ;;
hang|build) sleep 60 ;;
slow) sleep 6 ;;
deaf|build-deaf) trap "" INT TERM; while :; do sleep 0.1; done ;;
esac
echo "Hash of data verified."'
`;

/** A zombie, which nobody has waited for yet, has ended. */
const isAlive = (pid: number) => /^[^Z\s]/.test(spawnSync("ps", ["-o", "stat=", "-p", String(pid)]).stdout.toString());

describe.skipIf(process.platform === "win32")("upload", () => {
  let esp32: Project;
  beforeAll(async () => {
    writeFileSync(file("pio"), STAND_IN);
    chmodSync(file("pio"), 0o755);
    esp32 = await writeProject(file("firmware"), compileDigits({ name: "digits" }), "esp32-devkitc");
  });
  beforeEach(() => {
    vi.stubEnv("ONNX2MCU_PIO", file("pio"));
    writeFileSync(port, "");
    writeFileSync(file("args"), "");
  });
  afterEach(() => vi.unstubAllEnvs());
  const mode = (what: "die" | "hang" | "deaf" | "build" | "build-deaf" | "slow" | "end") =>
    writeFileSync(file("mode"), what);

  /** The error of an upload, and that it came within 5 s, left nothing running, and that the next upload succeeds. */
  async function failure(cause: (line: string) => void, seconds?: number): Promise<unknown> {
    const started = performance.now();
    const error = await upload(esp32, port, cause, seconds).then(
      () => undefined,
      (reason) => reason,
    );
    expect(performance.now() - started).toBeLessThan(5000);
    await delay(100);
    expect(isAlive(Number(readFileSync(file("pid"), "utf8")))).toBe(false);
    writeFileSync(port, "");
    mode("end");
    await upload(esp32, port);
    return error;
  }

  const UNPLUGGED = {
    code: "E_PORT",
    message: expect.stringMatching(
      /^upload: the connection broke off .*plug it in again and flash again; if .*boot mode first: hold BOOT/,
    ),
  };

  test("a tool that dies of a pulled cable", async () => {
    mode("die");
    expect(await failure(() => {})).toMatchObject(UNPLUGGED);
  });

  test("a tool that hangs when the cable is pulled", async () => {
    mode("hang");
    const pull = (line: string) => {
      if (!line.startsWith("Writing")) return;
      expect(isAlive(Number(readFileSync(file("pid"), "utf8")))).toBe(true);
      rmSync(port);
    };
    expect(await failure(pull)).toMatchObject(UNPLUGGED);
  });

  test("a tool that hangs though the port is there is no pulled cable", async () => {
    mode("hang");
    expect(await failure(() => {}, 1)).toMatchObject({
      code: "E_TOOL_FAILED",
      message: expect.stringMatching(/not ended after 1 s and was stopped; it said last: Writing at .*--verbose/),
    });
  });

  /** `onnx2mcu flash` in a process of its own, told to end when it has said `at`; how it ended, and what it said. */
  async function interruptedFlash(at: RegExp, signal: NodeJS.Signals) {
    const args = [packagePath("dist", "cli.js"), "flash", esp32.folder, "--port", port, "--verbose"];
    const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "pipe"] });
    let said = "";
    let sent = 0;
    const ended = new Promise<number | null>((resolve) => child.once("close", resolve));
    child.stderr.on("data", (chunk: Buffer) => {
      said += chunk.toString();
      if (sent > 0 || !at.test(said)) return;
      sent = performance.now();
      child.kill(signal);
    });
    const status = await ended;
    expect(performance.now() - sent).toBeLessThan(5000);
    expect(isAlive(Number(readFileSync(file("pid"), "utf8")))).toBe(false);
    return { status, said };
  }

  const SIGNALS = [
    ["SIGINT", 130, "E_INTERRUPTED"],
    ["SIGTERM", 143, "E_TERMINATED"],
  ] as const;
  describe.each(SIGNALS)("%s to onnx2mcu flash", (signal, exit, code) => {
    beforeAll(buildDist);

    test.each(["hang", "deaf"] as const)(
      "ends an upload (%s), and says how to go on; a rerun succeeds",
      async (what) => {
        mode(what);
        const { status, said } = await interruptedFlash(/Writing at/, signal);
        expect({ status, said }).toEqual({
          status: exit,
          said: expect.stringMatching(
            `onnx2mcu: ${code}: upload: it was stopped, so the board may hold half a firmware; that harms nothing: flash again; if .*hold BOOT`,
          ),
        });
        mode("end");
        await upload(esp32, port);
      },
    );

    test.each(["build", "build-deaf"] as const)("ends a build (%s), and leaves nothing half-written", async (what) => {
      mkdirSync(join(esp32.folder, ".pio"), { recursive: true });
      mode(what);
      const { status, said } = await interruptedFlash(/Writing at/, signal);
      expect({ status, said }).toEqual({
        status: exit,
        said: expect.stringMatching(
          `onnx2mcu: ${code}: the build was stopped, and what it had made is removed; run onnx2mcu build .* again`,
        ),
      });
      expect(said).toContain("building\n");
      expect(existsSync(join(esp32.folder, ".pio", "build", "esp32-devkitc"))).toBe(false);
    });
  });

  test("a port that is named, where no firmware listens, is refused before anything is built", async () => {
    const silent = { path: port, vid: "303a", pid: "1001" };
    await expect(
      flashProject({ ...esp32, board: loadBoard("esp32-s3-devkitc") }, { port, ports: async () => [silent] }),
    ).rejects.toMatchObject({ code: "E_PORT", message: expect.stringMatching(/wrong connector .*marked UART/) });
    expect(readFileSync(file("args"), "utf8")).toBe("");
  });

  describe("USB of the chip itself", () => {
    const mkr = loadBoard("arduino-mkr-wifi-1010");
    const [app, boot] = mkr.serial?.usb ?? [];
    const modem = { path: file("ttyACM7") };
    const listed = (path: string, { vid, pid }: typeof app) => [modem, { path, vid, pid }];

    /** An upload; what is listed changes when the tool begins to write. */
    async function uploadWith(after: { path: string }[], onWriting: () => void = () => {}) {
      let now: { path: string }[] = listed(port, app);
      const writing = (line: string) => {
        if (!line.startsWith("Writing")) return;
        now = after;
        onWriting();
      };
      await upload({ ...esp32, board: mkr }, port, writing, 30, async () => now);
    }

    test("a cable that is pulled ends a tool that hangs, within 5 s", async () => {
      mode("hang");
      let pulled = 0;
      const error = await uploadWith([modem], () => {
        pulled = performance.now();
      }).catch((reason) => reason);
      expect(performance.now() - pulled).toBeLessThan(5000);
      expect(error).toMatchObject({
        code: "E_PORT",
        message: expect.stringMatching(/^upload: the connection broke off .*press the reset button twice quickly/),
      });
      expect(isAlive(Number(readFileSync(file("pid"), "utf8")))).toBe(false);
    });

    test("a boot loader under another name is no pulled cable", async () => {
      mode("slow");
      await uploadWith(listed(file("ttyACM1"), boot));
    });
  });

  test("the port goes to serial uploads, not to those of a debug probe", async () => {
    mode("end");
    await upload(esp32, port);
    await upload({ ...esp32, board: loadBoard("nucleo-f446re") }, port);
    expect(readFileSync(file("args"), "utf8")).toBe(`run -t upload --upload-port ${port}\nrun -t upload\n`);
  });
});
