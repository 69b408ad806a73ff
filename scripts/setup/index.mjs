// @ts-check
/**
 * What `npm run setup` does, step by step:
 *
 *   node modules ─▶ dist ─▶ compilers and qemu (Debian and Ubuntu, as root) ─▶ PlatformIO in .venv
 *
 * Each step is skipped when it is done. The first two are needed; what else cannot be installed is listed once, at the
 * end, with the way to get it.
 */
import { existsSync } from "node:fs";
import { installPackages } from "./debian.mjs";
import { compileDist, distIsCurrent, sourceHash } from "./dist.mjs";
import { existsLike, findProgram } from "./find.mjs";
import { installModules, lockHash, modulesAreCurrent } from "./node_modules.mjs";
import { installPlatformio, platformioIsCurrent, platformioKey } from "./platformio.mjs";
import { findPython } from "./python.mjs";
import { missingMessage } from "./report.mjs";
import { readStamp, writeStamp } from "./stamp.mjs";
import { missingTools, PYTHON } from "./tools.mjs";

/** @typedef {import("./tools.mjs").Tool} Tool */

/**
 * @param {string} root folder of the repository
 * @param {{ quiet: boolean }} options quiet: no word when nothing is to be done, and no second try of what failed
 * @returns {Promise<number>} exit status: 0 when node modules and dist are there
 */
export async function setUp(root, { quiet }) {
  const stamp = readStamp(root);

  if (!modulesAreCurrent(root, stamp.modules)) {
    if (!(await step("installing node modules (npm ci)", () => installModules(root)))) return 1;
  }
  stamp.modules = lockHash(root);
  writeStamp(root, stamp);

  if (!distIsCurrent(root, stamp.dist)) {
    if (!(await step("compiling src to dist", () => compileDist(root)))) return 1;
    stamp.dist = sourceHash(root);
    writeStamp(root, stamp);
  }

  const machine = describeMachine();
  const needsPlatformio = !platformioIsCurrent(root, stamp.platformio);
  let python = needsPlatformio ? await findPython() : undefined;
  const missing = () => [...missingTools(machine), ...(needsPlatformio && !python ? [PYTHON] : [])];
  const packages = missing().map(({ debian }) => debian);
  if (quiet && stamp.failed === failureKey(packages, needsPlatformio)) {
    console.error("setup: some tools are missing; `npm run setup` tries again, or says how to get them");
    return 0;
  }

  if (packages.length > 0 && machine.debian && machine.root) {
    await step(`installing ${packages.join(", ")} (apt-get)`, () => installPackages(packages));
    if (needsPlatformio) python = await findPython();
  }
  let hasPlatformio = !needsPlatformio;
  if (python) {
    const interpreter = python;
    hasPlatformio = await step("installing PlatformIO into .venv", () => installPlatformio(root, interpreter));
    if (hasPlatformio) stamp.platformio = platformioKey(root);
  }

  const tools = missing();
  const complete = tools.length === 0 && hasPlatformio;
  const debianNames = tools.map(({ debian }) => debian);
  writeStamp(root, { ...stamp, failed: complete ? undefined : failureKey(debianNames, !hasPlatformio) });
  if (!complete) console.error(missingMessage(tools, machine, python !== undefined && !hasPlatformio));
  else if (!quiet) console.error("setup: everything is ready");
  return 0;
}

/**
 * @param {readonly string[]} packages
 * @param {boolean} platformio
 */
const failureKey = (packages, platformio) => [...packages, ...(platformio ? ["platformio"] : [])].join(" ");

function describeMachine() {
  const debian = existsSync("/etc/debian_version") && findProgram("apt-get") !== undefined;
  /** @type {"debian" | "macos" | "other"} */
  const system = debian ? "debian" : process.platform === "darwin" ? "macos" : "other";
  return {
    debian,
    system,
    root: process.getuid?.() === 0,
    hasProgram: (/** @type {string} */ name) => findProgram(name) !== undefined,
    hasFile: existsLike,
  };
}

/**
 * Says what is going on, every 30 s that it still is, and how it ended; gives whether it went well.
 * @param {string} what
 * @param {() => Promise<{ ok: boolean, output: string }>} work
 */
async function step(what, work) {
  const start = Date.now();
  const seconds = () => Math.round((Date.now() - start) / 1000);
  console.error(`setup: ${what} ...`);
  const beat = setInterval(() => console.error(`setup: still ${what}, ${seconds()} s`), 30_000);
  const { ok, output } = await work();
  clearInterval(beat);
  console.error(ok ? `setup: done in ${seconds()} s` : `setup: ${what} failed:\n${lastLines(output)}`);
  return ok;
}

/** @param {string} output */
function lastLines(output) {
  return output
    .trim()
    .split("\n")
    .slice(-15)
    .map((line) => `  ${line.trimEnd()}`)
    .join("\n");
}
