/** The process that compiles mutants, with limits of time and memory. */
import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { MARKER } from "./mutate.js";

const WORKER = fileURLToPath(new URL("worker.mjs", import.meta.url));
/** By the clock, so that a busy machine does not end a compiler that is fast enough. */
const KILL_AFTER_MS = 60_000;
const HEAP_MIB = 512;

export interface Job {
  readonly bytes: Uint8Array;
  /** Written and read from there; absent: compiled from memory. */
  readonly file?: string;
  readonly precision: "float32" | "int8";
}

export interface Outcome {
  /** "ok", or the code of the UserError. */
  readonly code?: string;
  /** Of all generated files. */
  readonly hash?: string;
  /** What is wrong, where something is. */
  readonly problem?: string;
  /** Of computing. */
  readonly milliseconds: number;
  /** The most memory that the process had so far. */
  readonly peakBytes: number;
}

export class CompilerProcess {
  #child: ChildProcess | undefined;

  async compile(job: Job): Promise<Outcome> {
    this.#child ??= await start();
    const child = this.#child;
    return new Promise((resolve) => {
      const finish = (outcome: Outcome) => {
        clearTimeout(timer);
        child.removeAllListeners();
        resolve(outcome);
      };
      const lost = (problem: string) => {
        this.#child = undefined;
        finish({ problem, milliseconds: KILL_AFTER_MS, peakBytes: 0 });
      };
      const timer = setTimeout(() => {
        child.kill("SIGKILL");
        lost(`no answer within ${KILL_AFTER_MS / 1000} s`);
      }, KILL_AFTER_MS);
      child.once("exit", (code, signal) => lost(`the process ended: ${signal ?? code} (out of memory?)`));
      child.once("message", (outcome) => finish(outcome as Outcome));
      child.send({ ...job, marker: MARKER });
    });
  }

  /** The next model is compiled by a new process. */
  stop(): void {
    this.#child?.kill("SIGKILL");
    this.#child = undefined;
  }
}

function start(): Promise<ChildProcess> {
  const child = fork(WORKER, {
    serialization: "advanced",
    execArgv: [`--max-old-space-size=${HEAP_MIB}`, "--expose-gc"],
    stdio: ["ignore", "ignore", "ignore", "ipc"],
  });
  return new Promise((resolve, reject) => {
    child.once("message", () => resolve(child));
    child.once("exit", (code) => reject(new Error(`the compiler process ended with ${code}`)));
  }).then(() => {
    child.removeAllListeners();
    return child;
  });
}
