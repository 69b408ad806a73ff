#!/usr/bin/env node
// Sets everything up that onnx2mcu needs; see scripts/setup/index.mjs. Usage: node setup.mjs [--quiet]
// This file and node_version.mjs keep to syntax that old versions of Node read, so that those get the message below.
import { readFileSync } from "node:fs";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { nodeProblem } from "./scripts/setup/node_version.mjs";

const root = dirname(fileURLToPath(import.meta.url));
const { engines } = JSON.parse(readFileSync(new URL("package.json", import.meta.url), "utf8"));
const problem = nodeProblem(process.versions.node, engines.node);

if (problem === "") {
  import("./scripts/setup/index.mjs").then(async ({ setUp }) => {
    process.exitCode = await setUp(root, { quiet: process.argv.includes("--quiet") });
  });
} else {
  console.error(problem);
  process.exitCode = 1;
}
