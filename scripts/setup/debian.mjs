// @ts-check
import { run } from "./run.mjs";

const LOCK = ["-o", "DPkg::Lock::Timeout=120"];
const ENVIRONMENT = { DEBIAN_FRONTEND: "noninteractive" };

/**
 * Installs packages as root. When they do not go in together (a release may lack one), each is tried by itself.
 * @param {readonly string[]} packages
 * @returns {Promise<{ ok: boolean, output: string }>}
 */
export async function installPackages(packages) {
  const updated = await run("apt-get", ["update", "-qq", "-o", "Acquire::Retries=2", ...LOCK], {
    env: ENVIRONMENT,
    seconds: 300,
  });
  if (!updated.ok) return updated;
  const together = await install(packages);
  if (together.ok || packages.length === 1) return together;
  const results = [];
  for (const name of packages) results.push(await install([name]));
  return {
    ok: results.every(({ ok }) => ok),
    output: results
      .filter(({ ok }) => !ok)
      .map(({ output }) => output)
      .join("\n"),
  };
}

/** @param {readonly string[]} packages */
function install(packages) {
  const args = ["install", "-y", "-qq", "--no-install-recommends", ...LOCK, ...packages];
  return run("apt-get", args, { env: ENVIRONMENT, seconds: 1200 });
}
