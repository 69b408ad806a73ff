// @ts-check

/** @typedef {import("./tools.mjs").Tool} Tool */
/** @typedef {{ system: "debian" | "macos" | "other", root: boolean }} Machine */

/**
 * The one message about everything that could not be installed: what, what for, and the way to get it.
 * @param {readonly Tool[]} tools
 * @param {Machine} machine
 * @param {boolean} platformioFailed Python is there, but pip could not install PlatformIO
 */
export function missingMessage(tools, machine, platformioFailed) {
  const names = [...tools.map(({ name }) => name), ...(platformioFailed ? ["PlatformIO"] : [])];
  const purposes = [...tools.map(({ purpose }) => purpose), "building the firmware projects (pip failed, see above)"];
  const width = Math.max(...names.map((name) => name.length));
  return [
    "setup: onnx2mcu is ready, but these are missing:",
    ...names.map((name, i) => `  ${name.padEnd(width)}  for ${purposes[i]}`),
    ...(tools.length > 0 ? [installHint(tools, machine)] : []),
    "Then run: npm run setup",
  ].join("\n");
}

/**
 * @param {readonly Tool[]} tools
 * @param {Machine} machine
 */
export function installHint(tools, { system, root }) {
  if (system === "debian") {
    return `Install them: ${root ? "" : "sudo "}apt-get install -y ${words(tools.map(({ debian }) => debian))}`;
  }
  if (system === "macos") return `Install them: brew install ${words(tools.flatMap(({ brew }) => brew ?? []))}`;
  return "Install them with the package manager of the system, or from their makers, and put them on PATH.";
}

/** @param {readonly string[]} names */
const words = (names) => [...new Set(names)].join(" ");
