/** Serial ports: messages for what goes wrong, boards by USB id, and the causes of failed uploads. */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { isReal, listBoards, loadBoard } from "../../src/device/boards.js";
import { isOverSerial } from "../../src/device/flash.js";
import { openFailure, openSerial } from "../../src/device/serial/port.js";
import {
  boardsAt,
  choosePort,
  describePort,
  type PortInfo,
  portAgain,
  refuseSilent,
} from "../../src/device/serial/ports.js";
import { type UploadFailure, uploadAdvice, uploadFailure } from "../../src/device/serial/upload_failures.js";

const nucleo = loadBoard("nucleo-f446re");
const stlink: PortInfo = { path: "/dev/ttyACM0", vid: "0483", pid: "374b", serialNumber: "066BFF" };
const other: PortInfo = { path: "/dev/ttyUSB0", vid: "ffff", pid: "0001" };

describe("opening a port", () => {
  test.each([
    ["Error Resource temporarily unavailable Cannot lock port", /in use by another program/],
    ["Error: Device or resource busy, cannot open /dev/x", /in use by another program/],
    ["Opening COM3: Access denied", /in use by another program/],
    ["Error: Permission denied, cannot open /dev/x", /may not be opened by this user; /],
    ["Error: No such file or directory, cannot open /dev/x", /there is no port \/dev\/x; plug the board in/],
    ["Opening COM9: File not found", /there is no port/],
    ["Error: Inappropriate ioctl for device, cannot open /dev/x", /is no serial port/],
    ["Error: something new", /cannot be opened: Error: something new/],
  ])("%s", (said, message) => {
    expect(openFailure("/dev/x", said)).toMatchObject({ code: "E_PORT", message: expect.stringMatching(message) });
  });

  test("a port that is not there, and a file that is none", async () => {
    await expect(openSerial("/dev/onnx2mcu-none", 115_200)).rejects.toMatchObject({
      code: "E_PORT",
      message: expect.stringMatching(/there is no port/),
    });
    await expect(openSerial("/dev/null", 115_200)).rejects.toMatchObject({ code: "E_PORT" });
  });
});

describe("finding the board", () => {
  test("by its USB ids", async () => {
    expect(boardsAt(stlink).map(({ name }) => name)).toContain("nucleo-f446re");
    expect(await choosePort(nucleo, [other, stlink])).toBe(stlink);
    expect(describePort(stlink)).toMatch(/^\/dev\/ttyACM0 0483:374b \(.*nucleo-f446re/);
    expect(describePort(other)).toBe("/dev/ttyUSB0 ffff:0001");
  });

  test("a connector where no firmware listens is named, with the one to use", async () => {
    const s3 = loadBoard("esp32-s3-devkitc");
    const silent: PortInfo = { path: "/dev/ttyACM0", vid: "303a", pid: "1001" };
    const refused = {
      code: "E_PORT",
      message: expect.stringMatching(/^\/dev\/ttyACM0 is the wrong connector of .*ESP32-S3.*: .*marked UART$/),
    };
    await expect(choosePort(s3, [other, silent])).rejects.toMatchObject(refused);
    expect(() => refuseSilent(s3, other)).not.toThrow();
    // The right one beside it is taken.
    const uart: PortInfo = { path: "/dev/ttyUSB1", vid: "10c4", pid: "ea60" };
    expect(await choosePort(s3, [silent, uart])).toBe(uart);
  });

  test("none, or several with nobody to ask, is an error that lists them; with somebody it asks", async () => {
    await expect(choosePort(nucleo, [other])).rejects.toMatchObject({
      code: "E_PORT",
      message: expect.stringMatching(/no port has the USB ids of .*; ports: \/dev\/ttyUSB0 ffff:0001; .*--port/),
    });
    await expect(choosePort(nucleo, [])).rejects.toThrow(/ports: none/);
    const second = { ...stlink, path: "/dev/ttyACM1" };
    await expect(choosePort(nucleo, [stlink, other, second])).rejects.toMatchObject({
      code: "E_PORT",
      message: expect.stringMatching(
        /several ports may be [^:]*: \/dev\/ttyACM0 [^;]*\/dev\/ttyACM1 [^;]*; choose one with --port$/,
      ),
    });
    // Those of other devices are none to choose from.
    await expect(choosePort(nucleo, [stlink, other, second])).rejects.not.toThrow(/ttyUSB0/);
    expect(await choosePort(nucleo, [stlink, second], async (candidates) => candidates[1])).toBe(second);
  });
});

/** Lines as the tools print them, written down here, not recorded from failing boards. */
const LOGS: readonly (readonly [UploadFailure, string, string])[] = [
  ["boot mode", "esptool", "A fatal error occurred: Failed to connect to ESP32: No serial data received."],
  ["wrong board", "esptool", "A fatal error occurred: This chip is ESP32-S3 not ESP32. Wrong --chip argument?"],
  ["no port", "esptool", "A fatal error occurred: Could not open /dev/ttyUSB0, the port doesn't exist"],
  [
    "permission",
    "pyserial",
    "[Errno 13] could not open port /dev/ttyUSB0: [Errno 13] Permission denied: '/dev/ttyUSB0'",
  ],
  ["busy", "pyserial", "[Errno 16] could not open port /dev/ttyACM0: [Errno 16] Device or resource busy"],
  ["busy", "pyserial on Windows", "could not open port 'COM3': PermissionError(13, 'Access is denied.', None, 5)"],
  [
    "unplugged",
    "pyserial",
    "serial.serialutil.SerialException: device reports readiness to read but returned no data (device disconnected or multiple access on port?)",
  ],
  ["permission", "avrdude", 'avrdude: ser_open(): can\'t open device "/dev/ttyACM0": Permission denied'],
  ["no port", "avrdude", 'avrdude: ser_open(): can\'t open device "/dev/ttyACM0": No such file or directory'],
  ["boot mode", "avrdude", "avrdude: stk500_getsync() attempt 10 of 10: not in sync: resp=0x00"],
  ["boot mode", "avrdude", "avrdude: stk500_recv(): programmer is not responding"],
  [
    "wrong board",
    "avrdude",
    "avrdude: Device signature = 0x1e9801 (probably m2560)\navrdude: Expected signature for ATmega328P is 1E 95 0F",
  ],
  ["permission", "OpenOCD", "Error: libusb_open() failed with LIBUSB_ERROR_ACCESS"],
  ["no port", "OpenOCD", "Info : clock speed 2000 kHz\nError: open failed"],
  ["boot mode", "OpenOCD", "Error: init mode failed (unable to connect to the target)"],
  ["wrong board", "OpenOCD", "Warn : UNEXPECTED idcode: 0x2ba01477\nError: expected 1 of 1: 0x1ba01477"],
  ["boot mode", "dfu-util", "dfu-util: No DFU capable USB device available"],
  ["boot mode", "picotool", "No accessible RP2040 devices in BOOTSEL mode were found."],
  ["boot mode", "bossac", "No device found on ttyACM0"],
  [
    "boot mode",
    "PlatformIO, which resets a board by 1200 baud",
    "Error: Couldn't find a board on the selected port. Check that you have the correct port selected. If it is correct, try pressing the board's reset button after initiating the upload.",
  ],
  ["unplugged", "dfu-util", "dfu-util: Error sending completion packet (LIBUSB_ERROR_NO_DEVICE)"],
  ["permission", "dfu-util", "dfu-util: Cannot open DFU device 2341:0369 found on devnum 9 (LIBUSB_ERROR_ACCESS)"],
  ["busy", "OpenOCD", "Error: libusb_claim_interface() failed with LIBUSB_ERROR_BUSY"],
  ["no port", "st-flash", "Couldn't find any ST-Link devices"],
  [
    "no port",
    "PlatformIO",
    "Error: Please specify `upload_port` for environment or use global `--upload-port` option.",
  ],
];

/**
 * What the tools of Debian 12 (esptool 4.8.1 of PyPI) printed here, with no board: at a port that is not there, may not be
 * opened or is taken; at a pseudo-terminal that says nothing, that goes away, or that answers as the boot loader of an ATmega2560.
 */
const RECORDED: readonly (readonly [string, string, UploadFailure, RegExp])[] = [
  ["esptool_missing", "esp32-devkitc", "no port", /^\/dev\/x, where .*ESP32.* should be, was not found; .*--port$/],
  ["esptool_silent", "esp32-devkitc", "boot mode", /bring it into its boot mode \(hold BOOT, .*\) and flash again$/],
  ["esptool_busy", "esp32-devkitc", "busy", /^\/dev\/x is in use by another program; close its serial monitor, and/],
  ["esptool_pulled", "esp32-devkitc", "unplugged", /harms nothing: plug it in again and flash again; if .*: hold BOOT/],
  ["avrdude_missing", "arduino-uno", "no port", /^\/dev\/x, where Arduino Uno.* should be, was not found/],
  [
    "avrdude_silent",
    "arduino-uno",
    "boot mode",
    /does not answer at \/dev\/x \(nothing to press: .*\); see that .*RX and TX/,
  ],
  ["avrdude_silent_wiring", "arduino-mega", "boot mode", /does not answer at \/dev\/x/],
  ["avrdude_wrong", "arduino-uno", "wrong board", /^the board at \/dev\/x is not Arduino Uno/],
  ["avrdude_forbidden", "arduino-uno", "permission", /^this user may not use \/dev\/x; /],
  ["avrdude_busy", "arduino-uno", "busy", /^\/dev\/x is in use/],
  ["bossac_missing", "arduino-mkr-wifi-1010", "boot mode", /boot mode \(press the reset button twice quickly/],
  ["dfu_missing", "arduino-uno-r4-minima", "boot mode", /boot mode \(press the reset button twice quickly/],
  [
    "openocd_missing",
    "nucleo-f446re",
    "no port",
    /^the ST-LINK was not found; plug it in with a cable that carries data/,
  ],
  ["st-flash_missing", "nucleo-f446re", "no port", /^the ST-LINK was not found/],
  ["teensy_missing", "teensy-4-1", "boot mode", /boot mode \(press the button on the board\)/],
];

const FAILURES = ["busy", "permission", "no port", "wrong board", "unplugged", "boot mode", "stopped"] as const;
/** A port is given to uploads over serial only. */
const adviceOf = (failure: (typeof FAILURES)[number], name: string) => {
  const board = loadBoard(name);
  return uploadAdvice(failure, board, isOverSerial(board) ? "/dev/x" : undefined);
};

describe("recorded uploads that failed", () => {
  test.each(RECORDED)("%s on %s is %s", (log, board, failure, message) => {
    const said = readFileSync(new URL(`upload_logs/${log}.txt`, import.meta.url), "utf8");
    expect(uploadFailure(said)).toBe(failure);
    expect(adviceOf(failure, board)).toMatch(message);
  });
});

describe.each(listBoards().filter(isReal))("advice for $name", (board) => {
  test.each(FAILURES)("%s", (failure) => {
    const advice = adviceOf(failure, board.name);
    // What takes the upload has a name, and nobody is asked to press nothing.
    expect(advice).not.toMatch(/undefined|the USB device that|boot mode[^;]*nothing to press/);
    if (isOverSerial(board)) expect(advice).not.toMatch(/udev|ST-LINK|J-Link|USB boot loader/);
    else expect(advice).not.toMatch(/--port|dialout|serial monitor/);
    expect(advice).toMatch(
      /flash again|--port|generate for|log in again|administers|plug it in again|press reset|hold reset/,
    );
  });
});

describe("the port of a board after an upload", () => {
  const mkr = loadBoard("arduino-mkr-wifi-1010");
  const [app, boot] = mkr.serial?.usb ?? [];
  const at = (path: string, { vid, pid }: typeof app, serialNumber?: string): PortInfo => ({
    ...{ path, vid, pid },
    ...(serialNumber && { serialNumber }),
  });
  const was = at("/dev/ttyACM0", app, "A1");
  const twin = at("/dev/ttyACM1", app, "B2");
  test.each<[string, PortInfo[], string]>([
    ["the same name", [was, twin], "/dev/ttyACM0"],
    ["another name, known by its serial number", [at("/dev/ttyACM3", app, "A1"), twin], "/dev/ttyACM3"],
    [
      "the old name has gone to its twin",
      [at("/dev/ttyACM2", app, "A1"), at("/dev/ttyACM0", app, "B2")],
      "/dev/ttyACM2",
    ],
    ["without a serial number, the one that is new", [twin, at("/dev/ttyACM2", boot), other], "/dev/ttyACM2"],
    ["two that are new: nobody knows", [at("/dev/ttyACM2", app), at("/dev/ttyACM3", app)], "/dev/ttyACM0"],
    ["its twin alone is not it", [twin], "/dev/ttyACM0"],
    ["none", [other], "/dev/ttyACM0"],
  ])("%s", (_name, now, expected) => {
    expect(portAgain(mkr, was, [was, twin, other], now)).toBe(expected);
  });
});

describe("failed uploads", () => {
  test.each(LOGS)("%s, as %s says it: %s", (failure, _tool, log) => {
    expect(uploadFailure(`Looking for upload port...\n${log}\n*** [upload] Error 1`)).toBe(failure);
    const advice = uploadAdvice(failure, nucleo, "/dev/ttyACM0");
    expect(advice.length).toBeGreaterThan(40);
    expect(advice).not.toMatch(/undefined/);
  });

  test("what is not known stays unknown, and success is none", () => {
    expect(uploadFailure("Error: flux capacitor")).toBeUndefined();
    expect(uploadFailure("Writing | ### | 100% 0.50s\navrdude: 1234 bytes of flash verified")).toBeUndefined();
  });
});
