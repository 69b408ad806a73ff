/** Mixed int4 and int8 weights found by the search, on models of the folder beside the repository, and their firmware. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { accuracy } from "../../src/compare/metrics.js";
import { validateDevice } from "../../src/compare/validate.js";
import { calibrated, canonicalGraph, compile, read } from "../../src/compile.js";
import { loadData } from "../../src/data/load.js";
import { classLabels, inputRows } from "../../src/data/rows.js";
import { openDevice } from "../../src/device/device.js";
import { buildProject } from "../../src/device/pio.js";
import { tableBytes } from "../../src/emit/manifest.js";
import { fedInputs } from "../../src/graph/ir.js";
import { kernelSteps } from "../../src/graph/program.js";
import { writeModel } from "../../src/onnx/write.js";
import { exportQdq } from "../../src/quantize/export_qdq.js";
import { judgedRows, outputsOf, QUALITIES } from "../../src/quantize/quality.js";
import { RECOMMENDED, roundQuantised } from "../../src/quantize/quantise.js";
import { searchPrecisions } from "../../src/quantize/search.js";
import { hasShared, SHARED } from "../shared.js";
import { hasSimulatorTools } from "../tools.js";
import { board, writeProject } from "./firmware.js";

const folder = mkdtempSync(join(tmpdir(), "mixed-"));
afterAll(() => rmSync(folder, { recursive: true }));

const TARGET = { core: board.core, isa: board.isa, flashWaitStates: 0 };

describe.skipIf(!hasShared)("mixed int4 and int8 weights (needs ../shared)", () => {
  test.each(["mlperf_kws", "mlperf_ic"])(
    "%s: within 1.5 points of float, and a third less flash for weights",
    {
      timeout: 900_000,
    },
    async (model) => {
      const graph = canonicalGraph(read(join(SHARED, "models", model, "model.onnx")));
      const file = loadData(join(SHARED, "models", model, "data.npz"));
      const inputs = fedInputs(graph).map((name) => graph.tensors.get(name)!);
      const rows = inputRows(file, "inputs", inputs);
      const labels = classLabels(file)!;
      const ranged = calibrated(graph, {
        calibration: () => inputRows(file, "calibration", inputs),
        ...{ observer: { kind: "best" }, corrections: RECOMMENDED },
      });
      const { quantised, chosen, trials, keeps } = searchPrecisions(ranged, {
        ...{ quality: QUALITIES.accuracy, judged: judgedRows(rows, labels, 150), maxDrop: 1, cost: "flash" },
      });
      expect(keeps).toBe(true);
      const int8 = trials.find(({ precisions }) => precisions.size === 0)!;
      expect(chosen.weightBytes / int8.weightBytes).toBeLessThan(0.7);

      const all = judgedRows(rows, labels, rows.rows);
      const float = accuracy(outputsOf(ranged.float, "float32", all), labels);
      const mixed = accuracy(outputsOf(quantised.graph, "int8", all), labels);
      console.log(
        `${model}: float ${(100 * float).toFixed(2)} %, mixed ${(100 * mixed).toFixed(2)} % on ${rows.rows} rows; ` +
          `weights ${chosen.weightBytes} of ${int8.weightBytes} bytes`,
      );
      expect(100 * (float - mixed)).toBeLessThanOrEqual(1.5);

      // The same figures from the firmware: its kernels unpack the weights, and its results are the host's.
      const qdq = writeModel(exportQdq(quantised.graph), { producer: "test", producerVersion: "1" });
      const whole = writeModel(exportQdq(roundQuantised(ranged).graph), { producer: "test", producerVersion: "1" });
      const options = { name: "net", target: TARGET, optimize: "flash" } as const;
      const compiled = compile(qdq, options);
      expect(tableBytes(compiled.program)).toBeLessThan(0.75 * tableBytes(compile(whole, options).program));
      const kernels = compiled.program.steps.flatMap(kernelSteps).map((step) => step.implementation?.kernel ?? "");
      expect(kernels.filter((name) => name.includes("_s4")).length).toBe(chosen.precisions.size);
      if (!hasSimulatorTools) return;
      const project = await writeProject(compiled, folder, model);
      await buildProject(project.folder, board);
      const device = await openDevice(project, "simulator");
      const result = await validateDevice(project, device, rows, { limit: 3 });
      await device.close();
      expect(result.firmwareVsHost).toEqual([{ equal: true, mismatches: 0, maxAbsDiff: 0 }]);
    },
  );
});
