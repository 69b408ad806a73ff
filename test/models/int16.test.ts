/** Values in int16 on a model of the folder beside the repository: what they gain, and that firmware equals host. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { validateDevice } from "../../src/compare/validate.js";
import { calibrated, canonicalGraph, compile, read } from "../../src/compile.js";
import { loadData } from "../../src/data/load.js";
import { inputRows } from "../../src/data/rows.js";
import { openDevice } from "../../src/device/device.js";
import { buildProject } from "../../src/device/pio.js";
import { fedInputs } from "../../src/graph/ir.js";
import { writeModel } from "../../src/onnx/write.js";
import { exportQdq } from "../../src/quantize/export_qdq.js";
import { judgedRows, outputsOf, QUALITIES } from "../../src/quantize/quality.js";
import { RECOMMENDED, roundQuantised } from "../../src/quantize/quantise.js";
import { hasShared, SHARED } from "../shared.js";
import { hasSimulatorTools } from "../tools.js";
import { board, writeProject } from "./firmware.js";

const folder = mkdtempSync(join(tmpdir(), "int16-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** Layers by name: all, or what one layer computes. */
const MIXES = [
  ["all values", true],
  ["the values of one layer", false],
] as const;

test.skipIf(!hasShared || !hasSimulatorTools).each(MIXES)(
  "mlperf_kws with %s in int16: firmware equals host, which is nearer to float (needs ../shared)",
  { timeout: 300_000 },
  async (_name, all) => {
    const graph = canonicalGraph(read(join(SHARED, "models", "mlperf_kws", "model.onnx")));
    const file = loadData(join(SHARED, "models", "mlperf_kws", "data.npz"));
    const inputs = fedInputs(graph).map((name) => graph.tensors.get(name)!);
    const rows = inputRows(file, "inputs", inputs);
    const options = { calibration: () => inputRows(file, "calibration", inputs), corrections: RECOMMENDED };
    const ranged = calibrated(graph, { ...options, ...(all && { scheme: { activations: "int16" } }) });
    const depthwise = ranged.float.nodes.find(
      ({ operator, attributes }) => operator === "Conv" && attributes.group !== 1,
    )!;
    const { graph: quantised } = roundQuantised(ranged, all ? undefined : new Map([[depthwise.name, "int16"]]));
    if (all) {
      const judged = judgedRows(rows, null, 50);
      const float = outputsOf(ranged.float, "float32", judged);
      const int8 = roundQuantised(calibrated(graph, options)).graph;
      const [narrow, wide] = [int8, quantised].map((of) => QUALITIES.snr.measure(outputsOf(of, "int8", judged), float));
      expect(wide).toBeGreaterThan(narrow + 4);
    }
    const compiled = compile(writeModel(exportQdq(quantised), { producer: "test" }), {
      ...{ name: "net", target: { core: board.core, isa: board.isa, flashWaitStates: 0 } },
    });
    const project = await writeProject(compiled, folder, all ? "all" : "one");
    await buildProject(project.folder, board);
    const device = await openDevice(project, "simulator");
    const result = await validateDevice(project, device, rows, { limit: 3 });
    await device.close();
    expect(result.firmwareVsHost).toEqual([{ equal: true, mismatches: 0, maxAbsDiff: 0 }]);
  },
);
