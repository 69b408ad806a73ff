/** Brings a project's firmware onto its board, and makes sure that it is what runs there. */
import { existsSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { UserError } from "../errors.js";
import type { Project } from "../project/open.js";
import { type Board, isReal } from "./boards.js";
import { openDevice } from "./device.js";
import { isInterruption } from "./interrupt.js";
import type { DeviceInfo } from "./link/messages.js";
import { buildProject, pioRun } from "./pio.js";
import { choosePort, listPorts, type PortInfo, portAgain, portsOf, refuseSilent } from "./serial/ports.js";
import { bootModeOf, uploadAdvice, uploadFailure } from "./serial/upload_failures.js";
import { simulatedPort } from "./simulated_port.js";

export interface FlashOptions {
  /** Path of the port; absent: found by its USB ids. */
  readonly port?: string;
  readonly ask?: (candidates: readonly PortInfo[]) => Promise<PortInfo>;
  readonly onLine?: (line: string) => void;
  readonly onStage?: (stage: string) => void;
  /** The serial ports of this computer; default: as it lists them. */
  readonly ports?: ListPorts;
}

type ListPorts = () => Promise<readonly PortInfo[]>;

/** Protocols of PlatformIO that go through the serial port; the others find their probe or loader by themselves. */
const SERIAL_PROTOCOLS = ["esptool", "arduino", "wiring", "avr109", "avrisp", "sam-ba", "jtag2updi", "serial"];

export const isOverSerial = ({ upload }: Board): boolean => SERIAL_PROTOCOLS.includes(upload?.protocol ?? "");

const UPLOAD_SECONDS = 300;
/** How long the port of an adapter, which stays while the board resets, may be away during an upload. */
const PULLED_SECONDS = 2;
/** The same of USB of the chip itself, which asks for an address anew when the boot loader starts. */
const PULLED_NATIVE_SECONDS = 4;
/** A board may start anew, ask for its USB address again, and wait in its boot loader. */
const BACK_SECONDS = 20;
/** A port that is away for so long does not come by itself: the cable, or a board that waits in its boot mode. */
const ABSENT_SECONDS = 3;
const POLL_MS = 250;

/**
 * Builds, uploads, waits for the board to come back, and compares signatures. USB of the chip itself may come back under
 * another name: the port that it gives is where the board is then.
 * @throws UserError E_TOOL_..., E_PORT, E_LINK, E_SIGNATURE.
 */
export async function flashProject(
  project: Project,
  options: FlashOptions = {},
): Promise<{ readonly port: string; readonly info: DeviceInfo }> {
  const { board, folder } = project;
  const { onLine, onStage = () => {}, ports = listPorts } = options;
  if (board.name === "host")
    throw new UserError("E_USAGE", "this computer is no board to flash; use validate --on host");
  if (!isReal(board)) {
    const port = options.port ?? simulatedPort(folder);
    if (!existsSync(port)) {
      throw new UserError("E_PORT", `no simulator of ${folder} is running; start it with onnx2mcu simulate ${folder}`);
    }
    onStage("building");
    await buildProject(folder, board, onLine);
    onStage("waiting for the simulator to take the new firmware");
    return waitForFirmware(project, async () => port);
  }
  const before = await ports();
  const chosen =
    options.port === undefined
      ? await choosePort(board, before, options.ask)
      : (before.find(({ path }) => path === options.port) ?? { path: options.port });
  refuseSilent(board, chosen);
  const port = chosen.path;
  onStage("building");
  await buildProject(folder, board, onLine);
  onStage(`uploading to ${port}`);
  await upload(project, port, onLine, UPLOAD_SECONDS, ports);
  onStage("waiting for the board to come back");
  const native = board.serial?.native === true;
  return waitForFirmware(project, async () => (native ? portAgain(board, chosen, before, await ports()) : port));
}

/** Calls `gone` once when a port is away for `seconds`; gives what stops the watch. */
function watchPort(isThere: () => boolean | Promise<boolean>, seconds: number, gone: () => void): () => void {
  let seen = performance.now();
  let timer: NodeJS.Timeout;
  let ended = false;
  const look = async () => {
    const there = await isThere();
    if (ended) return;
    if (there) seen = performance.now();
    else if (performance.now() - seen > seconds * 1000) {
      ended = true;
      gone();
    }
    if (!ended) timer = setTimeout(look, POLL_MS);
  };
  timer = setTimeout(look, POLL_MS);
  return () => {
    ended = true;
    clearTimeout(timer);
  };
}

/**
 * Watches the port of an upload over serial for a pulled cable. USB of the chip itself goes and comes as the board enters its
 * boot loader, under the same name or a new one: it is gone when there is neither its old port nor a new one.
 */
async function watchUpload(board: Board, port: string, ports: ListPorts, gone: () => void): Promise<() => void> {
  if (!board.serial?.native) {
    // Ports of Windows are no files.
    return existsSync(port) ? watchPort(() => existsSync(port), PULLED_SECONDS, gone) : () => {};
  }
  const before = await ports();
  // Where ports have no ids, nothing is known of the board.
  if (!portsOf(board, before).some(({ path }) => path === port)) return () => {};
  const others = new Set(before.map(({ path }) => path).filter((path) => path !== port));
  return watchPort(async () => (await ports()).some(({ path }) => !others.has(path)), PULLED_NATIVE_SECONDS, gone);
}

/**
 * Uploads what is built. Only uploads over serial are told the port: a debug probe or a boot loader of USB is found by its tool.
 * @param seconds after which a tool that hangs is stopped
 * An interrupt of this program ends the tool first.
 * @throws UserError E_PORT, E_TOOL_FAILED, E_INTERRUPTED, E_TERMINATED.
 */
export async function upload(
  { board, folder }: Project,
  port: string,
  onLine?: (line: string) => void,
  seconds = UPLOAD_SECONDS,
  ports: ListPorts = listPorts,
): Promise<void> {
  const overSerial = isOverSerial(board);
  const args = ["-t", "upload", ...(overSerial ? ["--upload-port", port] : [])];
  const stop = new AbortController();
  const endWatch = overSerial ? await watchUpload(board, port, ports, () => stop.abort("pulled")) : () => {};
  const timer = setTimeout(() => stop.abort("slow"), seconds * 1000);
  // The limit of the run itself comes later: what hangs is ended with all that it started.
  const result = await pioRun(folder, args, 2 * seconds, onLine, stop.signal)
    .catch((error) => {
      if (!isInterruption(error)) throw error;
      throw new UserError(error.code, `upload: ${uploadAdvice("stopped", board, overSerial ? port : undefined)}`);
    })
    .finally(() => {
      clearTimeout(timer);
      endWatch();
    });
  if (result.ok) return;
  const failure = stop.signal.reason === "pulled" ? "unplugged" : uploadFailure(result.output);
  if (failure) {
    throw new UserError("E_PORT", `upload: ${uploadAdvice(failure, board, overSerial ? port : undefined)}`);
  }
  if (stop.signal.aborted) {
    const said = result.output.trim().split("\n").at(-1)?.trim().slice(0, 300) || "nothing";
    throw new UserError(
      "E_TOOL_FAILED",
      `the uploading tool had not ended after ${seconds} s and was stopped; it said last: ${said}; flash again, with --verbose to see what it does${bootHint(board)}`,
    );
  }
  const last = result.output.split("\n").findLast((line) => /error|fail/i.test(line)) ?? "no output";
  throw new UserError("E_TOOL_FAILED", `the upload failed: ${last.trim().slice(0, 300)}`);
}

const bootHint = (board: Board): string => {
  const boot = bootModeOf(board);
  return boot === null ? "" : ` (boot mode: ${boot})`;
};

function notBack({ board, folder }: Project, port: string, why: string): UserError {
  const way = isReal(board)
    ? `see whether it has another name now (onnx2mcu ports); else plug it in again and flash again${bootHint(board)}`
    : `start onnx2mcu simulate ${folder} again`;
  return new UserError("E_PORT", `the board did not come back at ${port}: ${why}; ${way}`);
}

/**
 * Tries until the project's own firmware answers at the port. Throws what went wrong the last time.
 * @param portNow where the board is by now
 */
async function waitForFirmware(
  project: Project,
  portNow: () => Promise<string>,
): Promise<{ readonly port: string; readonly info: DeviceInfo }> {
  const end = performance.now() + BACK_SECONDS * 1000;
  let seen = performance.now();
  for (;;) {
    const port = await portNow();
    try {
      const device = await openDevice(project, { port, negotiate: false });
      await device.close();
      return { port, info: device.info };
    } catch (error) {
      // The port of a board that starts anew goes and comes; a simulator may still run the old firmware.
      const passing = error instanceof UserError && ["E_PORT", "E_LINK", "E_SIGNATURE"].includes(error.code);
      if (!passing || performance.now() > end) throw error;
      if (error.code !== "E_PORT") seen = performance.now();
      else if (performance.now() - seen > ABSENT_SECONDS * 1000) throw notBack(project, port, error.message);
    }
    await delay(POLL_MS);
  }
}
