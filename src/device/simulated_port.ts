/** A simulated board behind a real serial port: the simulator with its UART on a pseudo-terminal, started anew for new firmware. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, rmSync, statSync, symlinkSync } from "node:fs";
import { dirname, join } from "node:path";
import { UserError } from "../errors.js";
import type { Project } from "../project/open.js";
import { simulatorCommand } from "./simulator.js";

/** Where a project's simulated board is found, unless told otherwise: a link to the pseudo-terminal. */
export const simulatedPort = (folder: string): string => join(folder, ".pio", "serial-port");

const POLL_MS = 200;
/** A file that has not changed for so long is written. */
const SETTLED_MS = 400;
const START_MS = 5000;

export interface SimulatedPort {
  readonly port: string;
  /** Resolves with the reason when the simulator ends by itself. */
  readonly ended: Promise<string>;
  stop(): Promise<void>;
}

/** Starts a simulator with its UART on a pseudo-terminal, and gives that as soon as it says which it is. */
function startOnTerminal(command: string, args: readonly string[]): Promise<{ child: ChildProcess; terminal: string }> {
  const child = spawn(command, [...args], { stdio: ["ignore", "pipe", "pipe"] });
  return new Promise((resolve, reject) => {
    let said = "";
    const fail = (reason: string) => {
      child.kill("SIGKILL");
      reject(new UserError("E_TOOL_FAILED", `${command} gave no serial port: ${reason}`));
    };
    const timer = setTimeout(() => fail(said.trim() || "it said nothing"), START_MS);
    const hear = (chunk: Buffer) => {
      said += chunk.toString();
      const terminal = /char device redirected to (\S+)/.exec(said)?.[1];
      if (!terminal) return;
      clearTimeout(timer);
      resolve({ child, terminal });
    };
    child.stdout?.on("data", hear);
    child.stderr?.on("data", hear);
    child.on("error", (error) => {
      clearTimeout(timer);
      fail(error.message);
    });
    child.once("exit", (code, signal) => {
      clearTimeout(timer);
      fail(`it ended (${signal ?? `status ${code}`}): ${said.trim()}`);
    });
  });
}

/**
 * @param link path of the link to the pseudo-terminal; it is replaced, and removed at the end
 * @param onRestart called when new firmware was taken
 * @throws UserError E_USAGE, E_TOOL_MISSING, E_TOOL_FAILED.
 */
export async function simulateProject(
  project: Project,
  link: string = simulatedPort(project.folder),
  onRestart: () => void = () => {},
): Promise<SimulatedPort> {
  if (process.platform === "win32") {
    throw new UserError("E_USAGE", "Windows has no pseudo-terminals for serial ports; use validate --on simulator");
  }
  const { command, args, elf } = simulatorCommand(project, "pty");
  const modified = () => statSync(elf, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  let running: ChildProcess;
  let version = modified();
  let stopped = false;
  /** Ends that are meant: of the whole, or for a restart. */
  const expected = new Set<ChildProcess>();
  let report: (reason: string) => void = () => {};
  const ended = new Promise<string>((resolve) => {
    report = resolve;
  });

  async function start(): Promise<void> {
    const { child, terminal } = await startOnTerminal(command, args);
    running = child;
    mkdirSync(dirname(link), { recursive: true });
    rmSync(link, { force: true });
    symlinkSync(terminal, link);
    child.once("exit", (code, signal) => {
      if (!expected.has(child)) report(`the simulator ended (${signal ?? `status ${code}`})`);
    });
  }

  function kill(): Promise<void> {
    const child = running;
    expected.add(child);
    if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
    return new Promise((resolve) => {
      child.once("exit", () => resolve());
      child.kill("SIGKILL");
    });
  }

  await start();
  const killAtExit = () => running.kill("SIGKILL");
  process.once("exit", killAtExit);
  async function restart(): Promise<void> {
    await kill();
    if (stopped) return;
    try {
      await start();
      onRestart();
    } catch (error) {
      report(error instanceof Error ? error.message : String(error));
    }
  }

  let restarting: Promise<void> | undefined;
  const watcher = setInterval(() => {
    const now = modified();
    if (restarting || now === version || now === 0 || Date.now() - now < SETTLED_MS) return;
    version = now;
    restarting = restart().finally(() => {
      restarting = undefined;
    });
  }, POLL_MS);
  return {
    port: link,
    ended,
    async stop() {
      stopped = true;
      clearInterval(watcher);
      // One that is under way may have started another one.
      await restarting;
      await kill();
      process.removeListener("exit", killAtExit);
      rmSync(link, { force: true });
    },
  };
}
