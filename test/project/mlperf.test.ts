/** Firmware with --mlperf, driven by the text commands of the benchmark's runner. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { loadData } from "../../src/data/load.js";
import { inputRows } from "../../src/data/rows.js";
import { openHost } from "../../src/device/host.js";
import { hostProgram, runRow } from "../../src/host/run.js";
import { realValues, storedValues } from "../../src/host/values.js";
import { textRunner } from "../device/text_runner.js";
import { compileDigits, DIGITS_DATA, writeProject } from "../digits.js";
import { isInstalled } from "./compilers.js";

const folder = mkdtempSync(join(tmpdir(), "onnx2mcu-mlperf-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test.skipIf(!isInstalled("cc"))("loads rows, infers and gives the host's results (needs cc)", async () => {
  const project = await writeProject(join(folder, "digits"), compileDigits(), "host", { mlperf: true });
  const { program } = project;
  const transport = await openHost(project);
  const say = textRunner(transport);
  try {
    // The firmware's greeting, which no command has asked for.
    expect(await say("")).toContain("m-init-done");
    expect(await say("name%")).toContain("m-name-dut-[onnx2mcu host]");
    const rows = inputRows(loadData(DIGITS_DATA), "inputs", [...project.manifest.inputs]);
    const host = hostProgram(program);
    const [output] = program.outputs.map((id) => program.tensors[id]);
    for (let row = 0; row < 5; row++) {
      const stored = rows.row(row).map((values, i) => storedValues(program.tensors[program.inputs[i]], values));
      const [expected] = runRow(host, program, stored);
      await say(`db load ${stored[0].byteLength}%`);
      expect(await say(`db ${Buffer.from(stored[0].buffer).toString("hex")}%`)).toContain("m-load-done");
      const real = Array.from(realValues(output, expected), (value) => value.toFixed(3));
      // The second run begins with the same input, though the first one overwrote it.
      expect(await say("infer 2 0%")).toContain(`m-results-[${real.join(",")}]`);
    }
  } finally {
    await transport.close();
  }
});
