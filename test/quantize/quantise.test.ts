import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import type { Graph } from "../../src/graph/ir.js";
import { dataWarnings, layerWarnings } from "../../src/quantize/diagnose.js";
import { layerErrors } from "../../src/quantize/layer_errors.js";
import { type LayerPrecision, precisionsText, readPrecisions } from "../../src/quantize/precisions.js";
import { quantiseFloat } from "../../src/quantize/quantise.js";
import { rangesText, readRanges } from "../../src/quantize/ranges_file.js";
import { sampleValues } from "../../src/quantize/samples.js";
import { constant, graphOf, node, randomRows, separableGraph, value } from "./graphs.js";

const graph = separableGraph(() => 1);
const data = randomRows(30, 144);
const PLAIN = { corrected: false, precisions: new Map() };
const folder = mkdtempSync(join(tmpdir(), "ranges-"));
afterAll(() => rmSync(folder, { recursive: true }));

const written = (text: string) => {
  const path = join(folder, "ranges.json");
  writeFileSync(path, text);
  return path;
};

describe("quantiseFloat", () => {
  test("symmetric: zero point 0 for every value; per tensor: one scale for each layer", () => {
    const { graph: quantised } = quantiseFloat(graph, data, { scheme: { symmetric: true, perTensor: true } });
    for (const { quantization, data: stored } of quantised.tensors.values()) {
      if (quantization?.type !== "int8") continue;
      expect(quantization.zeroPoint.every((zero) => zero === 0)).toBe(true);
      if (stored) expect(quantization.scale).toHaveLength(1);
    }
  });

  test("best says which rule each value took, and clips no less wisely than minmax", () => {
    const outlier = { ...data, row: (i: number) => [data.row(i)[0].map((x, k) => (k === i * 5 ? x * 8 : x))] };
    const { observers, ranges } = quantiseFloat(graph, outlier, { observer: { kind: "best" } });
    expect([...observers.keys()]).toEqual(["x", "a", "b", "y"]);
    expect(ranges.get("x")!.max).toBeGreaterThan(1);
  });

  test("probabilities inside a model take the range that they have", () => {
    const attention = (outputs: string[]) => ({
      ...graphOf(
        [node("Softmax", ["x"], "p", { axis: 1 }), node("Gemm", ["p", "w"], "y")],
        [value("x", [36, 4]), value("p", [36, 4]), value("y", [36, 2]), constant("w", [2, 4], (i) => i - 3)],
      ),
      outputs,
    });
    const scaleOf = (outputs: string[]) =>
      quantiseFloat(attention(outputs), data).graph.tensors.get("p")!.quantization!.scale[0];
    expect(scaleOf(["y"])).toBeLessThan(1 / 256);
    expect(scaleOf(["y", "p"])).toBe(1 / 256);
  });

  test("the same rows give the same model", () => {
    const options = { observer: { kind: "best" }, corrections: ["equalise", "rounding"] } as const;
    expect(quantiseFloat(graph, data, options).graph).toEqual(quantiseFloat(graph, data, options).graph);
  });
});

describe("precisions", () => {
  const given = (entries: Record<string, LayerPrecision>) => ({
    scheme: { precisions: new Map(Object.entries(entries)) },
  });
  const weightsOf = (quantised: Graph, name: string) =>
    quantised.tensors.get(quantised.nodes.find((node) => node.name === name)!.inputs[1])!;

  test.each([[[]], [["rounding"] as const]])("int4: weights from -7 to 7, also with corrections %j", (corrections) => {
    const { graph: quantised } = quantiseFloat(graph, data, { ...given({ a: "int4", y: "int4" }), corrections });
    for (const name of ["a", "y"]) {
      const stored = [...(weightsOf(quantised, name).data as Int8Array)];
      expect(Math.max(...stored.map(Math.abs))).toBe(7);
      expect(weightsOf(quantised, name).quantization).toMatchObject({ type: "int8", bits: 4 });
    }
    expect(Math.max(...(weightsOf(quantised, "b").data as Int8Array))).toBeGreaterThan(100);
  });

  test("int4: the scale of least squared error, not that of the largest weight alone", () => {
    const weights = constant("w", [1, 64], (i) => (i === 0 ? 2 : Math.sin(i)));
    const tensors = [value("x", [1, 64]), value("y", [1, 1]), weights];
    const layer = graphOf([node("Gemm", ["x", "w"], "y")], tensors);
    const { graph: quantised } = quantiseFloat(layer, randomRows(30, 64), given({ y: "int4" }));
    const { data: stored, quantization } = weightsOf(quantised, "y");
    const error = (scale: number, q: (w: number) => number) =>
      (weights.data as Float32Array).reduce((sum, w) => sum + (w - q(w) * scale) ** 2, 0);
    const scale = quantization!.scale[0];
    const at = (s: number) => error(s, (w) => Math.max(-7, Math.min(7, Math.round(w / s))));
    expect(scale).toBeLessThan(2 / 7);
    expect(at(scale)).toBeLessThan(at(2 / 7));
    expect((stored as Int8Array)[0]).toBe(7);
  });

  test("float32: the layer keeps its weights; values between two such layers are not rounded", () => {
    const { graph: one } = quantiseFloat(graph, data, given({ b: "float32" }));
    expect(weightsOf(one, "b").quantization).toBeUndefined();
    expect(one.tensors.get("b")!.quantization).toBeDefined();
    const { graph: two } = quantiseFloat(graph, data, given({ b: "float32", y: "float32" }));
    expect(two.tensors.get("a")!.quantization).toBeDefined();
    expect(two.tensors.get("b")!.quantization).toBeUndefined();
    expect(two.tensors.get("y")!.quantization).toBeUndefined();
    expect(layerErrors(two, sampleValues(graph, data, [0, 1, 2])).length).toBeGreaterThan(0);
  });

  test("a table is written and read again", () => {
    const precisions = new Map<string, LayerPrecision>([["a", "int4"]]);
    expect(readPrecisions(written(precisionsText(precisions)))).toEqual(precisions);
    expect(() => readPrecisions(written('{"schemaVersion": 1, "precisions": {"a": "int3"}}'))).toThrow("precisions.a");
  });

  test("refuses unknown layers, and int4 for a depthwise one", () => {
    expect(() => quantiseFloat(graph, data, given({ nobody: "int4" }))).toThrow(/"nobody" is no layer/);
    expect(() => quantiseFloat(graph, data, given({ b: "int4" }))).toThrow(/Conv "b" cannot have int4 weights/);
  });
});

describe("a table of ranges", () => {
  test("written and read again gives the same model; a part of it overrides", () => {
    const first = quantiseFloat(graph, data, { observer: { kind: "mse" } });
    const again = quantiseFloat(graph, data, { ranges: readRanges(written(rangesText(first.ranges))) });
    expect(again.graph).toEqual(first.graph);
    const part = quantiseFloat(graph, data, { ranges: new Map([["a", { min: 0, max: 510 }]]) });
    expect(part.graph.tensors.get("a")!.quantization).toMatchObject({ scale: [2], zeroPoint: [-128] });
  });

  test.each([
    ["no JSON", "{", "no JSON"],
    ["another document", '{"schemaVersion": 2, "ranges": {}}', "schemaVersion"],
    ["an empty range", '{"schemaVersion": 1, "ranges": {"a": {"min": 1, "max": 0}}}', "ranges.a: min is above max"],
  ])("refuses %s", (_what, text, message) => {
    expect(() => readRanges(written(text))).toThrow(expect.objectContaining({ code: "E_DATA_FORMAT" }));
    expect(() => readRanges(written(text))).toThrow(message);
  });

  test("refuses a missing file and an unknown value", () => {
    expect(() => readRanges(join(folder, "none"))).toThrow(expect.objectContaining({ code: "E_DATA_NOT_FOUND" }));
    const ranges = new Map([["nobody", { min: 0, max: 1 }]]);
    expect(() => quantiseFloat(graph, data, { ranges })).toThrow(/"nobody" is no value/);
  });
});

describe("warnings", () => {
  test("name few rows and inputs that never change, and are silent otherwise", () => {
    expect(dataWarnings(data, ["x"])).toEqual([]);
    expect(dataWarnings(randomRows(5, 4), ["x"])[0].message).toMatch(/^5 calibration rows are few/);
    const constantRows = { rows: 30, row: () => [new Float32Array(4)] };
    expect(dataWarnings(constantRows, ["x"])[0].message).toMatch(/^input "x" is 0 in every element/);
  });

  test("name the layer that loses most, with a way out", () => {
    const narrow = quantiseFloat(graph, data, { ranges: new Map([["a", { min: 0, max: 0.05 }]]) });
    const layers = layerErrors(narrow.graph, narrow.samples());
    expect(layers.find(({ value: name }) => name === "a")!.saturated).toBeGreaterThan(0.3);
    expect(layerWarnings(layers, ["y"], PLAIN)[0].message).toMatch(/loses most by itself is Conv "a".*leave the range/);
    const good = quantiseFloat(graph, data);
    expect(layerWarnings(layerErrors(good.graph, good.samples()), ["y"], PLAIN)).toEqual([]);
  });
});
