/** The report of a validation, as the command writes it and as a browser lays it out. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { reportPage } from "../../src/report/page.js";
import { buildDist, onnx2mcu } from "../cli/run.js";
import { compileDigits, DIGITS_DATA, writeProject } from "../digits.js";
import { isInstalled } from "../project/compilers.js";
import { chromium, inPage } from "./chromium.js";

const folder = mkdtempSync(join(tmpdir(), "onnx2mcu-report-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("a page holds no markup of the texts that it shows, and fetches nothing", () => {
  const evil = '<img src="http://example.com/x.png" onerror="alert(1)">';
  const html = reportPage({
    title: evil,
    verdict: { text: evil, tone: "bad" },
    warnings: [evil],
    sections: [{ heading: evil, notes: [evil], tables: [{ heading: evil, header: [evil], rows: [[evil]] }] }],
  });
  expect(html).not.toContain("<img");
  expect(html).not.toMatch(/<script|@import|<link|url\(/);
});

describe.skipIf(!isInstalled("cc"))("validate --report (needs cc)", () => {
  let html: string;
  let result: Record<string, never>;
  beforeAll(async () => {
    await buildDist();
    const project = await writeProject(join(folder, "digits"), compileDigits({ name: "digits" }), "host");
    const report = join(folder, "report.html");
    const args = ["validate", project.folder, "--on", "host", "--data", DIGITS_DATA, "--limit", "40"];
    const { status, stdout } = await onnx2mcu([...args, "--report", report, "--json"]);
    expect(status).toBe(0);
    result = JSON.parse(stdout);
    html = readFileSync(report, "utf8");
  });

  test("JSON has the three comparisons, confusion, times and loss by layer", () => {
    expect(result).toMatchObject({
      targetVsHost: { acc: 1, rmse: 0, l2r: 0, nse: 1, cos: 1 },
      hostVsFloat: result.vsFloat,
      latency: { runs: 40 },
    });
    const confusion = result.confusion as number[][];
    expect(confusion.flat().reduce((a, b) => a + b, 0)).toBe(40);
    const right = confusion.reduce((sum, row, label) => sum + row[label], 0);
    expect(right / 40).toBe((result.accuracy as { target: number }).target);
    const layers = result.layers as { seconds: number; snr: number | null }[];
    expect(layers.every(({ seconds }) => seconds >= 0)).toBe(true);
    expect(layers.at(-1)?.snr).toBeGreaterThan(20);
  });

  test("the page says the verdict and has its sections", () => {
    expect(html).toContain("The chip equals the host in every byte: 40 rows");
    for (const heading of ["How far apart", "Confusion matrix", "Time", "Loss by quantisation", "Memory over time"]) {
      expect(html).toContain(`<h2>${heading}`);
    }
    expect(html).not.toMatch(/NaN|undefined|null/);
  });

  test.skipIf(!chromium)(
    "on a telephone nothing is wider than the page, and drawings have a size (needs chromium)",
    async () => {
      const seen = await inPage<{ page: number; wide: string[]; drawings: number[]; tone: string }>(
        html,
        360,
        `({
        page: page.documentElement.scrollWidth,
        wide: [...page.querySelectorAll("section > *, svg, h1, p")].filter((e) => e.getBoundingClientRect().right > 361).map((e) => e.outerHTML.slice(0, 80)),
        drawings: [...page.querySelectorAll("svg")].map((e) => e.getBoundingClientRect().height),
        tone: page.defaultView.getComputedStyle(page.querySelector("rect.main")).fill,
      })`,
      );
      expect(seen.page).toBeLessThanOrEqual(360);
      expect(seen.wide).toEqual([]);
      expect(seen.drawings.length).toBeGreaterThan(3);
      for (const height of seen.drawings) expect(height).toBeGreaterThan(30);
      expect(seen.tone).toMatch(/^rgb/);
    },
  );
});
