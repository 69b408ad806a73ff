/** A child process whose standard input and output are the link. */
import { spawn } from "node:child_process";
import { holdInterrupts } from "./interrupt.js";
import { streamEnd, type Transport } from "./link/transport.js";

/** The child ends with close(), and with this process at the latest, also when that is interrupted. */
export function childTransport(
  command: string,
  args: readonly string[],
  options: { cwd?: string; env?: NodeJS.ProcessEnv } = {},
): Transport {
  const child = spawn(command, [...args], { ...options, stdio: ["pipe", "pipe", "pipe"] });
  let errors = "";
  const end = streamEnd();
  const stop = () => child.kill("SIGKILL");
  process.once("exit", stop);
  const letGo = holdInterrupts(null);
  child.stderr.on("data", (chunk: Buffer) => {
    errors = (errors + chunk.toString()).slice(-500);
  });
  child.on("error", (error) => end.finish(error.message));
  child.on("close", (code, signal) => {
    process.removeListener("exit", stop);
    letGo();
    const said = errors.trim().split("\n").at(-1) ?? "";
    end.finish(`the program ended (${signal ?? `status ${code}`})${said ? `: ${said}` : ""}`);
  });
  child.stdin.on("error", () => {});
  return {
    write: (bytes) => {
      child.stdin.write(bytes);
    },
    onBytes: (listener) => {
      child.stdout.on("data", (chunk: Buffer) => listener(chunk));
    },
    onEnd: end.onEnd,
    close: () =>
      new Promise((resolve) => {
        if (end.reason() !== undefined) return resolve();
        child.once("close", () => resolve());
        stop();
      }),
  };
}
