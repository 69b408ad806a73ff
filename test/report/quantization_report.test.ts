/** The report of a quantisation, as the command writes it and as a browser lays it out. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { layerErrors } from "../../src/quantize/layer_errors.js";
import { quantiseFloat } from "../../src/quantize/quantise.js";
import { reportPage } from "../../src/report/page.js";
import { correctionGains, layerFacts } from "../../src/report/quantization_facts.js";
import { quantizationReport } from "../../src/report/quantization_report.js";
import { buildDist, onnx2mcu } from "../cli/run.js";
import { DIGITS_DATA, DIGITS_MODEL } from "../digits.js";
import { randomRows, separableGraph } from "../quantize/graphs.js";
import { chromium, inPage } from "./chromium.js";

const folder = mkdtempSync(join(tmpdir(), "onnx2mcu-quantize-report-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("facts", () => {
  const graph = separableGraph((channel) => (channel === 2 ? 0 : 1));
  const data = randomRows(30, 144);
  const done = quantiseFloat(graph, data, { ranges: new Map([["a", { min: 0, max: 0.3 }]]) });
  const layers = layerErrors(done.graph, done.samples());
  const facts = layerFacts(done, layers);
  const [a] = facts;

  test("count dead channels, and clipped ones against the range that was chosen", () => {
    expect(a).toMatchObject({ node: "a", channels: 8, dead: 1 });
    expect(a.clipped).toBeGreaterThan(3);
    expect(facts.at(-1)).toMatchObject({ node: "y", channels: 3, dead: 0, clipped: 0 });
  });

  test("histograms hold every element, beside the range of the integers", () => {
    expect(a.activations!.counts.reduce((x, y) => x + y, 0)).toBe(30 * 36 * 8);
    expect(a.activations!.range.max).toBeCloseTo(0.3, 5);
    expect(a.activations!.high).toBeGreaterThan(0.3);
    expect(a.weights!.counts.reduce((x, y) => x + y, 0)).toBe(8 * 4);
    expect(a.weights!.range.max).toBeGreaterThanOrEqual(a.weights!.high * 0.999);
    expect(a.weights!.range.min).toBe(-a.weights!.range.max);
  });

  test("corrections are added one by one, and left out one by one", () => {
    const wide = separableGraph((channel) => 10 ** ((3 * channel) / 7));
    const options = { corrections: ["equalise", "bias"], scheme: { perTensor: true } } as const;
    const gains = correctionGains(wide, data, quantiseFloat(wide, data, options), options);
    expect(gains.map(({ corrections }) => corrections.join("+"))).toEqual(["", "equalise", "equalise+bias", "bias"]);
    expect(gains[1].snr!).toBeGreaterThan(gains[0].snr! + 10);
  });

  test("names of the model are escaped", () => {
    const evil = '<img src="x">';
    const named = layers.map((layer) => ({ ...layer, node: evil }));
    const common = { facts, gains: [], warnings: [], classes: undefined, outputs: ["y"] };
    const report = { ...common, title: evil, layers: named, done: { corrected: false, precisions: new Map() } };
    expect(reportPage(quantizationReport(report))).not.toContain("<img");
  });
});

describe("quantize --report", () => {
  let html: string;
  let result: Record<string, never>;
  beforeAll(async () => {
    await buildDist();
    const report = join(folder, "report.html");
    const args = [
      "quantize",
      DIGITS_MODEL,
      "--calibration",
      DIGITS_DATA,
      "-o",
      join(folder, "q.onnx"),
      "--report",
      report,
    ];
    const { status, stdout } = await onnx2mcu([...args, "--corrections", "auto", "--max-accuracy-drop", "1", "--json"]);
    expect(status).toBe(0);
    result = JSON.parse(stdout);
    html = readFileSync(report, "utf8");
  });

  test("JSON has the same facts: one for every layer, and the gain of each correction", () => {
    const names = (key: string) => (result[key] as { node: string }[]).map(({ node }) => node);
    expect(names("facts")).toEqual(names("layers"));
    const gains = result.corrections as { corrections: string[]; snr: number }[];
    expect(gains[0].corrections).toEqual([]);
    expect(gains.map(({ corrections }) => corrections)).toContainEqual(["equalise", "bias", "rounding"]);
    for (const { snr } of gains) expect(snr).toBeGreaterThan(5);
  });

  test("the page says the verdict and has its sections", () => {
    expect(html).toContain("output over its error");
    const headings = [
      "Classes",
      "What loses most",
      "Loss by layer",
      "What the corrections gained",
      "Mixed precision",
      "Layers",
      "Values and ranges",
    ];
    for (const heading of headings) expect(html).toContain(`<h2>${heading}`);
    expect(html).toMatch(/If that is too little: \w+/);
    expect(html).not.toMatch(/NaN|undefined|<script|@import|<link|url\(/);
  });

  test.skipIf(!chromium)(
    "on a telephone nothing is wider than the page, and drawings have a size (needs chromium)",
    async () => {
      const seen = await inPage<{ page: number; wide: string[]; drawings: number[] }>(
        html,
        360,
        `({
        page: page.documentElement.scrollWidth,
        wide: [...page.querySelectorAll("section > *, svg, h1, p")].filter((e) => e.getBoundingClientRect().right > 361).map((e) => e.outerHTML.slice(0, 80)),
        drawings: [...page.querySelectorAll("svg")].map((e) => e.getBoundingClientRect().height),
      })`,
      );
      expect(seen.page).toBeLessThanOrEqual(360);
      expect(seen.wide).toEqual([]);
      expect(seen.drawings.length).toBeGreaterThan(6);
      for (const height of seen.drawings) expect(height).toBeGreaterThan(30);
    },
  );
});
