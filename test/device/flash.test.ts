/** Uploads by a stand-in for `pio` that prints what esptool prints, and then dies, hangs or ends. */
import { spawnSync } from "node:child_process";
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { loadBoard } from "../../src/device/boards.js";
import { upload } from "../../src/device/flash.js";
import type { Project } from "../../src/project/open.js";
import { compileDigits, writeProject } from "../digits.js";

const root = mkdtempSync(join(tmpdir(), "onnx2mcu-flash-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));
const file = (name: string) => join(root, name);
const port = file("ttyUSB0");

/** A child does the work, as esptool does under pio; it writes its process id. */
const STAND_IN = `#!/bin/sh
echo "$@" >> ${file("args")}
sh -c 'echo $$ > ${file("pid")}
echo "esptool.py v4.8.5"
echo "Serial port ${port}"
echo "Writing at 0x00010000... (10 %)"
case "$(cat ${file("mode")})" in
die) echo "serial.serialutil.SerialException: device reports readiness to read but returned no data (device disconnected?)"; exit 1 ;;
hang) sleep 60 ;;
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
  const mode = (what: "die" | "hang" | "end") => writeFileSync(file("mode"), what);

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
      /^upload: the connection broke off .*plug it in again and flash again \(boot mode: hold BOOT/,
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

  test("the port goes to serial uploads, not to those of a debug probe", async () => {
    mode("end");
    await upload(esp32, port);
    await upload({ ...esp32, board: loadBoard("nucleo-f446re") }, port);
    expect(readFileSync(file("args"), "utf8")).toBe(`run -t upload --upload-port ${port}\nrun -t upload\n`);
  });
});
