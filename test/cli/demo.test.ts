/** What `npm start` runs: the demo, its project in a folder relative to the working directory. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { hasSimulatorTools } from "../tools.js";
import { onnx2mcu } from "./run.js";

test.skipIf(!hasSimulatorTools)("demo builds, simulates and compares", async () => {
  const cwd = mkdtempSync(join(tmpdir(), "onnx2mcu-demo-"));
  try {
    const result = await onnx2mcu(["demo", "-o", "firmware/digits", "--limit", "10", "--json"], { cwd });
    expect(JSON.parse(result.stdout)).toMatchObject({ target: "simulator", rows: 10, equal: true });
  } finally {
    rmSync(cwd, { recursive: true, force: true });
  }
});
