/** A serial port as the line of the link. */
import { SerialPort } from "serialport";
import { UserError } from "../../errors.js";
import { streamEnd, type Transport } from "../link/transport.js";

/** The way out for a user who may not open a port. */
export const MAY_USE_PORT =
  process.platform === "linux"
    ? "add yourself to the group that owns it (sudo usermod -aG dialout $USER) and log in again"
    : "close what uses it, or ask whoever administers this computer";

/** What opening a port fails with, as serialport's bindings say it on Linux, macOS and Windows. */
const OPEN_FAILURES: readonly { readonly pattern: RegExp; readonly message: (path: string) => string }[] = [
  {
    pattern: /lock port|resource busy|temporarily unavailable|access (is )?denied.*COM|COM.*access (is )?denied/i,
    message: (path) => `${path} is in use by another program; close its serial monitor, or the other onnx2mcu`,
  },
  {
    pattern: /permission denied|EACCES/i,
    message: (path) => `${path} may not be opened by this user; ${MAY_USE_PORT}`,
  },
  {
    pattern: /no such file|file not found|ENOENT|unknown error code (2|3)\b/i,
    message: (path) => `there is no port ${path}; plug the board in, and see onnx2mcu ports`,
  },
  {
    pattern: /not a (tty|serial)|inappropriate ioctl|not a typewriter/i,
    message: (path) => `${path} is no serial port; see onnx2mcu ports`,
  },
];

export function openFailure(path: string, said: string): UserError {
  const known = OPEN_FAILURES.find(({ pattern }) => pattern.test(said));
  return new UserError("E_PORT", known ? known.message(path) : `${path} cannot be opened: ${said}`);
}

/** Opens a port, for this program alone. Throws E_PORT. */
export function openSerial(path: string, baudRate: number): Promise<Transport> {
  const port = new SerialPort({ path, baudRate, autoOpen: false });
  const end = streamEnd();
  port.on("close", () => end.finish(`${path} is gone: cable pulled, board switched off or reset?`));
  port.on("error", (error) => end.finish(`${path}: ${error.message}`));
  const transport: Transport = {
    write: (bytes) => {
      if (end.reason() === undefined) port.write(bytes);
    },
    onBytes: (listener) => {
      port.on("data", (chunk: Buffer) => listener(chunk));
    },
    onEnd: end.onEnd,
    setBaud: (rate) =>
      new Promise((resolve, reject) => {
        port.drain((error) => {
          if (error) return reject(openFailure(path, error.message));
          port.update({ baudRate: rate }, (failed) => (failed ? reject(openFailure(path, failed.message)) : resolve()));
        });
      }),
    close: () =>
      new Promise((resolve) => {
        if (!port.isOpen) return resolve();
        port.close(() => resolve());
      }),
  };
  return new Promise((resolve, reject) => {
    port.open((error) => (error ? reject(openFailure(path, error.message)) : resolve(transport)));
  });
}
