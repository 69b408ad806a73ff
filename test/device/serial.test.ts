/** Serial ports: messages for what goes wrong, boards by USB id, and the causes of failed uploads. */
import { describe, expect, test } from "vitest";
import { loadBoard } from "../../src/device/boards.js";
import { openFailure, openSerial } from "../../src/device/serial/port.js";
import { boardsAt, choosePort, describePort, type PortInfo } from "../../src/device/serial/ports.js";
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
  ["no port", "st-flash", "Couldn't find any ST-Link devices"],
  [
    "no port",
    "PlatformIO",
    "Error: Please specify `upload_port` for environment or use global `--upload-port` option.",
  ],
];

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
