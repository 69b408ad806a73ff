// @ts-check
import { spawn } from "node:child_process";

const windows = process.platform === "win32";

/**
 * Runs a program to its end. It and its children are killed after the time limit, or with this process.
 * @param {string} command
 * @param {readonly string[]} args
 * @param {{ cwd?: string, env?: Record<string, string>, seconds: number }} options
 * @returns {Promise<{ ok: boolean, output: string }>} stdout and stderr together; for a program that does not start
 *   or runs too long, the reason
 */
export function run(command, args, { cwd, env, seconds }) {
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      cwd,
      env: { ...process.env, ...env },
      stdio: ["ignore", "pipe", "pipe"],
      detached: !windows, // a process group of its own, so that killing reaches grandchildren
      windowsHide: true,
    });
    let output = "";
    child.stdout.setEncoding("utf8").on("data", (text) => {
      output += text;
    });
    child.stderr.setEncoding("utf8").on("data", (text) => {
      output += text;
    });
    const finish = (/** @type {boolean} */ ok, /** @type {string} */ reason) => {
      clearTimeout(timer);
      for (const signal of /** @type {const} */ (["SIGINT", "SIGTERM"])) process.off(signal, interrupt);
      resolve({ ok, output: output + reason });
    };
    const timer = setTimeout(() => {
      killTree(child.pid);
      finish(false, `\n${command} took longer than ${seconds} s`);
    }, seconds * 1000);
    const interrupt = () => {
      killTree(child.pid);
      process.exit(130);
    };
    process.on("SIGINT", interrupt).on("SIGTERM", interrupt);
    child.on("error", (error) => finish(false, error.message));
    child.on("close", (code) => finish(code === 0, ""));
  });
}

/** @param {number | undefined} pid */
function killTree(pid) {
  if (pid === undefined) return;
  if (windows) {
    spawn("taskkill", ["/pid", String(pid), "/t", "/f"], { stdio: "ignore" });
    return;
  }
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // It has ended by itself.
  }
}
