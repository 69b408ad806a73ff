/** The serial ports of this computer, and which boards may be behind them. */
import { readdirSync } from "node:fs";
import { SerialPort } from "serialport";
import { UserError } from "../../errors.js";
import { type Board, listBoards } from "../boards.js";

export interface PortInfo {
  readonly path: string;
  /** USB ids, four lower-case hexadecimal digits each; absent for a port that is no USB device. */
  readonly vid?: string;
  readonly pid?: string;
  readonly serialNumber?: string;
  readonly manufacturer?: string;
}

/** Ports without ids, for a Linux without udev. */
function deviceFiles(): PortInfo[] {
  if (process.platform !== "linux") return [];
  return readdirSync("/dev")
    .filter((name) => /^tty(USB|ACM|AMA)\d+$/.test(name))
    .sort()
    .map((name) => ({ path: `/dev/${name}` }));
}

export async function listPorts(): Promise<PortInfo[]> {
  let found: Awaited<ReturnType<typeof SerialPort.list>>;
  try {
    found = await SerialPort.list();
  } catch {
    return deviceFiles();
  }
  // Every PC has ports on its main board that nothing is plugged into.
  const used = found.filter(({ path, vendorId }) => vendorId || !/^\/dev\/ttyS\d+$/.test(path));
  return used.map(({ path, vendorId, productId, serialNumber, manufacturer }) => ({
    path,
    ...(vendorId && { vid: vendorId.toLowerCase() }),
    ...(productId && { pid: productId.toLowerCase() }),
    ...(serialNumber && { serialNumber }),
    ...(manufacturer && { manufacturer }),
  }));
}

const isOf =
  ({ vid, pid }: PortInfo) =>
  (id: { vid: string; pid: string }) =>
    id.vid === vid && id.pid === pid;

/** Boards that answer with the USB ids of a port. An adapter chip is on many boards. */
export const boardsAt = (port: PortInfo, boards: readonly Board[] = listBoards()): Board[] =>
  boards.filter(({ serial }) => serial?.usb.some(isOf(port)));

/** Ports at which a board may be: those with its ids; all of them where the adapter is the user's own. */
export function portsOf(board: Board, ports: readonly PortInfo[]): PortInfo[] {
  const ids = board.serial?.usb ?? [];
  return ids.length === 0 ? [...ports] : ports.filter((port) => ids.some(isOf(port)));
}

/**
 * Where a board is after an upload, perhaps under another name: by its serial number, or as the one new port with its ids.
 * @param was the port before the upload, when `before` was listed
 * @returns the old path where it is not found
 */
export function portAgain(board: Board, was: PortInfo, before: readonly PortInfo[], now: readonly PortInfo[]): string {
  const candidates = portsOf(board, now);
  const same = candidates.filter(({ serialNumber }) => serialNumber !== undefined && serialNumber === was.serialNumber);
  if (same.length === 1) return same[0].path;
  if (now.some(({ path }) => path === was.path)) return was.path;
  const others = candidates.filter(({ path }) => !before.some((port) => port.path === path));
  return others.length === 1 ? others[0].path : was.path;
}

/**
 * Refuses a port at which a board is, but no firmware of ours listens.
 * @throws UserError E_PORT with the connector to use instead.
 */
export function refuseSilent(board: Board, port: PortInfo): void {
  const silent = board.serial?.silentUsb?.find(isOf(port));
  if (silent) throw new UserError("E_PORT", `${port.path} is the wrong connector of ${board.title}: ${silent.what}`);
}

export function describePort(port: PortInfo, boards: readonly Board[] = listBoards()): string {
  const ids = port.vid ? ` ${port.vid}:${port.pid}` : "";
  const names = boardsAt(port, boards).map(({ name }) => name);
  return `${port.path}${ids}${names.length > 0 ? ` (${names.join(", ")})` : ""}`;
}

/**
 * The one port at which a board is.
 * @param ask for one of several; absent where nobody can answer
 * @throws UserError E_PORT when there is none, or its wrong connector, or several and nobody to ask.
 */
export async function choosePort(
  board: Board,
  ports: readonly PortInfo[],
  ask?: (candidates: readonly PortInfo[]) => Promise<PortInfo>,
): Promise<PortInfo> {
  const candidates = portsOf(board, ports);
  if (candidates.length === 1) return candidates[0];
  if (candidates.length > 1 && ask) return ask(candidates);
  if (candidates.length === 0) for (const port of ports) refuseSilent(board, port);
  const boards = listBoards();
  const listed = (some: readonly PortInfo[]) => some.map((port) => describePort(port, boards)).join(", ") || "none";
  if (candidates.length === 0) {
    throw new UserError(
      "E_PORT",
      `no port has the USB ids of ${board.title}; ports: ${listed(ports)}; plug it in with a cable that carries data, or name the port with --port`,
    );
  }
  throw new UserError("E_PORT", `several ports may be ${board.title}: ${listed(candidates)}; choose one with --port`);
}
