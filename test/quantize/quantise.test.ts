import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { dataWarnings, layerWarnings } from "../../src/quantize/diagnose.js";
import { layerErrors } from "../../src/quantize/layer_errors.js";
import { quantiseFloat } from "../../src/quantize/quantise.js";
import { rangesText, readRanges } from "../../src/quantize/ranges_file.js";
import { constant, graphOf, node, randomRows, separableGraph, value } from "./graphs.js";

const graph = separableGraph(() => 1);
const data = randomRows(30, 144);
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
    expect(dataWarnings(randomRows(5, 4), ["x"])[0]).toMatch(/^5 calibration rows are few/);
    const constantRows = { rows: 30, row: () => [new Float32Array(4)] };
    expect(dataWarnings(constantRows, ["x"])[0]).toMatch(/^input "x" is 0 in every element/);
  });

  test("name the layer that loses most, with a way out", () => {
    const narrow = quantiseFloat(graph, data, { ranges: new Map([["a", { min: 0, max: 0.05 }]]) });
    const layers = layerErrors(narrow.graph, narrow.samples());
    expect(layers.find(({ value: name }) => name === "a")!.saturated).toBeGreaterThan(0.3);
    expect(layerWarnings(layers, ["y"])[0]).toMatch(/loses most by itself is Conv "a".*leave the range/);
    const good = quantiseFloat(graph, data);
    expect(layerWarnings(layerErrors(good.graph, good.samples()), ["y"])).toEqual([]);
  });
});
