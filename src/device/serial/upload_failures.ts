/**
 * Why an upload failed, read from what the uploading tools print: esptool, avrdude, OpenOCD, st-flash, dfu-util,
 * picotool, bossac, teensy_loader_cli, and PlatformIO itself.
 */
import type { Board } from "../boards.js";
import { MAY_USE_PORT } from "./port.js";

/** What can be read from a log. */
export type UploadFailure = "busy" | "permission" | "no port" | "wrong board" | "unplugged" | "boot mode";

/** The first that matches counts: a lost cable also looks like a board that does not answer. */
const PATTERNS: readonly (readonly [UploadFailure, RegExp])[] = [
  [
    "permission",
    /permission denied|LIBUSB_ERROR_(ACCESS|NOT_SUPPORTED)|\[Errno 13\]|insufficient permissions|fix permissions|cannot open DFU device/i,
  ],
  [
    "busy",
    /resource busy|temporarily unavailable|LIBUSB_ERROR_BUSY|\[Errno 16\]|PermissionError\(13|access is denied|could not exclusively lock port/i,
  ],
  [
    "wrong board",
    /this chip is .* not .*wrong .*chip|expected signature for|UNEXPECTED idcode|device id .* does not match|family id .* (not|cannot)/i,
  ],
  [
    "unplugged",
    /device disconnected|multiple access on port|device reports readiness to read|input\/output error|LIBUSB_ERROR_(NO_DEVICE|IO|PIPE)|device not configured|write timeout|error writing to teensy|Lost device after|serial exception error occurred/i,
  ],
  [
    "no port",
    /please specify `?upload_port|doesn't exist|no such file or directory|cannot find the file specified|couldn't find any st-link|no st-?link|error: open failed|No J-Link device found|no device found$/im,
  ],
  [
    "boot mode",
    /failed to connect to esp|no serial data received|not in sync|programmer is not responding|^avrdude(:| error:) (.*: )?timeout|no dfu capable usb device|no accessible rp.* devices in bootsel|no device found on|couldn't find a board on the selected port|waiting for teensy device|unable to connect to (the )?target|init mode failed|cannot connect to target|sam-ba operation failed/im,
  ],
];

export function uploadFailure(log: string): UploadFailure | undefined {
  return PATTERNS.find(([, pattern]) => pattern.test(log))?.[0];
}

/** How an upload reaches the board, in words for messages. */
interface Route {
  /** What takes the upload. */
  readonly taker: string;
  /** What may hold it. */
  readonly holder: string;
  /** What to look at where nothing has to be pressed and the board does not answer all the same. */
  readonly look: string;
}

const SERIAL: Omit<Route, "taker"> = {
  holder: "its serial monitor",
  look: "see that the port is this board's (onnx2mcu ports), take off what is wired to its pins RX and TX, and press reset as the upload begins",
};
const probe = (taker: string, programs: string): Route => ({
  taker,
  holder: `the debugger that uses it (${programs})`,
  look: "see that the chip has power and that nothing is wired to its debug pins, and hold reset while the upload starts",
});
const loader = (taker: string): Route => ({
  taker,
  holder: "the program that uses it",
  look: "press reset as the upload begins",
});

/** Protocols of PlatformIO that go by USB, not by a serial port. */
const BY_USB: Readonly<Record<string, Route>> = {
  stlink: probe("the ST-LINK", "OpenOCD, STM32CubeIDE, STM32CubeProgrammer"),
  jlink: probe("the J-Link", "J-Link GDB server, Ozone"),
  dfu: loader("the board's USB boot loader (DFU)"),
  picotool: loader("the board's USB boot loader (BOOTSEL)"),
  "teensy-gui": loader("the board's USB boot loader (HalfKay)"),
};

/** What happened, and what to do. @param port of an upload over serial; undefined: a debug probe or a boot loader of USB takes it */
export function uploadAdvice(failure: UploadFailure | "stopped", board: Board, port: string | undefined): string {
  const { protocol = "", bootMode = "see the board's manual" } = board.upload ?? {};
  const route =
    port === undefined
      ? (BY_USB[protocol] ?? loader("the USB device that takes the upload"))
      : { ...SERIAL, taker: port };
  const { taker, holder, look } = route;
  const boot = bootModeOf(board);
  const again = boot === null ? "" : `; if the board does not take it, bring it into its boot mode first: ${boot}`;
  const messages: Readonly<Record<UploadFailure | "stopped", string>> = {
    stopped: `it was stopped, so the board may hold half a firmware; that harms nothing: flash again${again}`,
    busy: `${taker} is in use by another program; close ${holder}, and flash again`,
    permission:
      port === undefined
        ? `this user may not use ${taker}; on Linux install PlatformIO's udev rules (docs.platformio.org, "udev rules") and plug it in again, on Windows its driver (Zadig: WinUSB)`
        : `this user may not use ${port}; ${MAY_USE_PORT}`,
    "no port":
      port === undefined
        ? `${taker} was not found; plug it in with a cable that carries data, and flash again`
        : `${port}, where ${board.title} should be, was not found; plug it in with a cable that carries data, see onnx2mcu ports, and name the port with --port`,
    "wrong board":
      port === undefined
        ? `the chip behind ${taker} is not that of ${board.title}; connect that board alone, or generate for the one that it is (onnx2mcu boards)`
        : `the board at ${port} is not ${board.title}; choose its port with --port, or generate for the board that it is (onnx2mcu boards)`,
    unplugged: `the connection broke off during the upload, so the board holds half a firmware; that harms nothing: plug it in again and flash again${again}`,
    "boot mode":
      boot === null
        ? `the board does not answer ${port === undefined ? taker : `at ${port}`} (${bootMode}); ${look}`
        : `the board does not take the upload; bring it into its boot mode (${boot}) and flash again`,
  };
  return messages[failure];
}

/** What brings a board into its boot mode; null where nothing has to be pressed. */
export function bootModeOf({ upload }: Board): string | null {
  const bootMode = upload?.bootMode ?? "see the board's manual";
  return bootMode.startsWith("nothing to press") ? null : bootMode;
}
