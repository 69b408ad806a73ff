/**
 * Why an upload failed, read from what the uploading tools print: esptool, avrdude, OpenOCD, st-flash, dfu-util,
 * picotool, bossac, teensy_loader_cli, and PlatformIO itself.
 */
import type { Board } from "../boards.js";

/** What can be read from a log. */
export type UploadFailure = "busy" | "permission" | "no port" | "wrong board" | "unplugged" | "boot mode";

/** The first that matches counts: a lost cable also looks like a board that does not answer. */
const PATTERNS: readonly (readonly [UploadFailure, RegExp])[] = [
  ["permission", /permission denied|LIBUSB_ERROR_ACCESS|\[Errno 13\]|insufficient permissions/i],
  [
    "busy",
    /resource busy|\[Errno 16\]|PermissionError\(13|access is denied|could not exclusively lock port|port is busy/i,
  ],
  [
    "wrong board",
    /this chip is .* not .*wrong .*chip|expected signature for|UNEXPECTED idcode|device id .* does not match/i,
  ],
  [
    "unplugged",
    /device disconnected|multiple access on port|device reports readiness to read|input\/output error|LIBUSB_ERROR_NO_DEVICE|device not configured|write timeout|error writing to teensy/i,
  ],
  [
    "no port",
    /please specify `?upload_port|port doesn't exist|no such file or directory|cannot find the file specified|couldn't find any st-link|no st-?link|error: open failed|no device found$/im,
  ],
  [
    "boot mode",
    /failed to connect to esp|no serial data received|not in sync|programmer is not responding|no dfu capable usb device|no accessible rp.* devices in bootsel|no device found on|waiting for teensy device|unable to connect to the target|init mode failed|sam-ba operation failed/i,
  ],
];

export function uploadFailure(log: string): UploadFailure | undefined {
  return PATTERNS.find(([, pattern]) => pattern.test(log))?.[0];
}

/** What happened, and what to do. @param port of an upload over serial; undefined: a debug probe or a boot loader of USB takes it */
export function uploadAdvice(failure: UploadFailure | "stopped", board: Board, port: string | undefined): string {
  const where = port ?? "the USB device that takes the upload";
  const boot = board.upload?.bootMode ?? "see the board's manual";
  const messages: Readonly<Record<UploadFailure | "stopped", string>> = {
    stopped: `it was stopped, so the board may hold half a firmware; that harms nothing: flash again (boot mode: ${boot})`,
    busy: `${where} is in use by another program; close its serial monitor and flash again`,
    permission: `this user may not use ${where}; on Linux add yourself to dialout (sudo usermod -aG dialout $USER) and install PlatformIO's udev rules, then log in again`,
    "no port": `${board.title} was not found; plug it in with a cable that carries data, see onnx2mcu ports, and name the port with --port`,
    "wrong board": `what is plugged in is not ${board.title}; choose its port with --port, or generate for the board that it is (onnx2mcu boards)`,
    unplugged: `the connection broke off during the upload, so the board holds half a firmware; that harms nothing: plug it in again and flash again (boot mode: ${boot})`,
    "boot mode": `the board does not take the upload; bring it into its boot mode (${boot}) and flash again`,
  };
  return messages[failure];
}
