/** What elimination of channels saves on models of the folder beside the repository, on all rows of their data. */
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { compile } from "../../src/compile.js";
import { loadData } from "../../src/data/load.js";
import { inputRows } from "../../src/data/rows.js";
import { tableBytes } from "../../src/emit/manifest.js";
import { kernelSteps, type Program } from "../../src/graph/program.js";
import { hostProgram, runRow } from "../../src/host/run.js";
import { storedValues } from "../../src/host/values.js";
import { hasShared, SHARED } from "../shared.js";

const macs = ({ steps }: Program) => steps.reduce((sum, step) => sum + step.macs, 0);
const weights = ({ steps, constants }: Program) =>
  steps.flatMap(kernelSteps).reduce((sum, step) => sum + (constants[step.constants.weights]?.data.byteLength ?? 0), 0);

const folder = (model: string) => join(SHARED, "models", model);

describe.skipIf(!hasShared)("channels that cannot change an output (needs ../shared)", () => {
  test("mlperf_vww: half of the work, a seventh of the weights, all rows the same", { timeout: 600_000 }, () => {
    const data = loadData(join(folder("mlperf_vww"), "data.npz"));
    const options = {
      name: "net",
      calibration: (inputs: Parameters<typeof inputRows>[2]) => inputRows(data, "calibration", inputs),
    };
    const whole = compile(join(folder("mlperf_vww"), "model.onnx"), { ...options, keepChannels: true });
    const { program, graph } = compile(join(folder("mlperf_vww"), "model.onnx"), options);
    expect(macs(whole.program)).toBe(7_489_664);
    expect(weights(whole.program)).toBe(208_112);
    expect(macs(program)).toBeLessThan(3_730_000);
    expect(weights(program)).toBeLessThan(29_300);

    const [before, after] = [hostProgram(whole.program), hostProgram(program)];
    const rows = inputRows(
      data,
      "inputs",
      graph.inputs.map((name) => graph.tensors.get(name)!),
    );
    for (let index = 0; index < rows.rows; index++) {
      const row = rows.row(index).map((real, i) => storedValues(program.tensors[program.inputs[i]], real));
      expect(runRow(after, program, row), `row ${index}`).toEqual(runRow(before, whole.program, row));
    }
    expect(rows.rows).toBe(400);
  });

  test.each(["mlperf_kws", "mlperf_ic", "mlperf_ad"])("%s needs no more than before", (model) => {
    const source = join(folder(model), "model.qdq.onnx");
    const before = compile(source, { name: "net", keepChannels: true });
    const after = compile(source, { name: "net" });
    expect(macs(after.program)).toBeLessThanOrEqual(macs(before.program));
    expect(tableBytes(after.program)).toBeLessThanOrEqual(tableBytes(before.program));
    expect(after.plan.arenaBytes).toBeLessThanOrEqual(before.plan.arenaBytes);
  });
});
