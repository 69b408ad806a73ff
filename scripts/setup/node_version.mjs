// @ts-check

/**
 * What is wrong with this version of Node, in one line; "" when nothing is.
 * @param {string} version as in process.versions.node
 * @param {string} wanted engines.node of package.json, `>=major.minor`
 */
export function nodeProblem(version, wanted) {
  const [major, minor] = numbers(version);
  const [leastMajor, leastMinor] = numbers(wanted);
  if (major > leastMajor || (major === leastMajor && minor >= leastMinor)) return "";
  return `onnx2mcu needs Node ${leastMajor}.${leastMinor} or newer, this is Node ${version}; install a newer one and try again`;
}

/** @param {string} version */
function numbers(version) {
  return version
    .replace(/^[^0-9]*/, "")
    .split(".")
    .map(Number);
}
