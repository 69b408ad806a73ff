import { relative } from "node:path";
import { isDeepStrictEqual } from "node:util";
import ort from "onnxruntime-node";
import { describe, expect, test } from "vitest";
import { loadData } from "../../src/data/load.js";
import { inputRows } from "../../src/data/rows.js";
import type { Graph } from "../../src/graph/ir.js";
import { bindShapes } from "../../src/onnx/bind_shapes.js";
import { readModel, readModelFile } from "../../src/onnx/read.js";
import { writeModel } from "../../src/onnx/write.js";
import { hasShared, SHARED, sharedFiles } from "../shared.js";

const producer = { producer: "test" };

async function run(model: Uint8Array | string, graph: Graph, rows: readonly Float32Array[]): Promise<unknown> {
  const session = await ort.InferenceSession.create(model as string, { logSeverityLevel: 3 });
  const feeds = graph.inputs.map((name, i) => {
    const { type, shape } = graph.tensors.get(name)!;
    const data = type === "int8" ? Int8Array.from(rows[i]) : rows[i];
    return [name, new ort.Tensor(type as "float32", data as Float32Array, shape)] as const;
  });
  const outputs = await session.run(Object.fromEntries(feeds));
  await session.release();
  return Object.values(outputs).map((output) => [output.dims, output.data]);
}

describe.skipIf(!hasShared)("models of ../shared/models", () => {
  const models = sharedFiles((path) => path.endsWith(".onnx"));

  test("are there; where ../shared/models is absent, their tests are skipped", () => {
    expect(models).not.toEqual([]);
  });

  test.each(models.map((path) => [relative(SHARED, path), path]))("%s reads back as it was written", (_, path) => {
    const graph = bindShapes(readModelFile(path));
    const bytes = writeModel(graph, producer);
    const again = bindShapes(readModel(bytes));
    // Not toEqual, which takes seconds for large typed arrays.
    expect(isDeepStrictEqual(again, graph)).toBe(true);
    expect(Buffer.compare(writeModel(again, producer), bytes)).toBe(0);
  });

  const floats = models.filter((path) => path.endsWith("/model.onnx"));
  test.each(floats.map((path) => [relative(SHARED, path), path]))("%s gives the same outputs", async (_, path) => {
    const graph = bindShapes(readModelFile(path));
    const data = loadData(path.replace("model.onnx", "data.npz"));
    const inputs = graph.inputs.map((name) => graph.tensors.get(name)!);
    const row = inputRows(data, "inputs", inputs).row(0);
    expect(await run(writeModel(graph, producer), graph, row)).toEqual(await run(path, graph, row));
  });
});
