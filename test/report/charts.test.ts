/** Charts: every shape inside its drawing, all numbers finite, proportions right. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { barChart, binned, histogramChart, memoryMapChart, scatterChart } from "../../src/report/charts.js";
import { type Drawing, svg } from "../../src/report/drawing.js";

const SEED = { seed: 3, numRuns: 100 };
const finite = fc.double({ min: -1e9, max: 1e9, noNaN: true });

/** Texts may lean out by their own width; all else lies inside. */
function check({ width, height, shapes }: Drawing): void {
  const inside = (x: number, y: number) => {
    expect(x).toBeGreaterThanOrEqual(-0.01);
    expect(x).toBeLessThanOrEqual(width + 0.01);
    expect(y).toBeGreaterThanOrEqual(-0.01);
    expect(y).toBeLessThanOrEqual(height + 0.01);
  };
  for (const shape of shapes) {
    if (shape.kind === "line") {
      inside(shape.x1, shape.y1);
      inside(shape.x2, shape.y2);
    } else inside(shape.x, shape.y);
    if (shape.kind === "rect") inside(shape.x + shape.width, shape.y + shape.height);
  }
}

describe("charts", () => {
  test("bars are as long as their values are large", () => {
    const drawing = barChart("t", [
      { label: "a", value: 10, text: "10" },
      { label: "b", value: 5, text: "5" },
      { label: "none", value: null, text: "-" },
      { label: "negative", value: -3, text: "-3" },
    ]);
    check(drawing);
    const widths = drawing.shapes.flatMap((shape) => (shape.kind === "rect" ? [shape.width] : []));
    expect(widths[1] / widths[0]).toBeCloseTo(0.5);
    expect(widths.slice(2)).toEqual([0, 0]);
  });

  test("any values give shapes inside the drawing", () => {
    fc.assert(
      fc.property(fc.array(finite, { minLength: 1, maxLength: 40 }), fc.string(), (values, label) => {
        check(
          barChart(
            label,
            values.map((value) => ({ label, value, text: String(value) })),
          ),
        );
        const markers = [{ value: values[0], label, tone: "bad" as const }];
        check(histogramChart(label, binned(values, 20), { markers, scale: "root" }));
        check(
          scatterChart(
            label,
            values.map((y, x) => ({ x, y, hint: label, label })),
            { x: "x", y: "y" },
          ),
        );
      }),
      SEED,
    );
  });

  test("bins count every value once, also where all are equal or there are none", () => {
    fc.assert(
      fc.property(fc.array(finite, { maxLength: 60 }), fc.integer({ min: 1, max: 30 }), (values, bins) => {
        const { counts, low, high } = binned(values, bins);
        expect(counts).toHaveLength(bins);
        expect(counts.reduce((sum, count) => sum + count, 0)).toBe(values.length);
        if (values.length > 0) expect([low, high]).toEqual([Math.min(...values), Math.max(...values)]);
      }),
      SEED,
    );
    expect(binned([2, 2, 2], 4).counts).toEqual([3, 0, 0, 0]);
  });

  test("a memory map has address upwards and time to the right", () => {
    const block = { tone: "main" as const, hint: "" };
    const drawing = memoryMapChart(
      "t",
      [
        { ...block, offset: 0, bytes: 50, first: -1, last: 0 },
        { ...block, offset: 50, bytes: 50, first: 1, last: 2 },
      ],
      { steps: 2, bytes: 100, peakStep: 0 },
    );
    check(drawing);
    const [low, high] = drawing.shapes.flatMap((shape) => (shape.kind === "rect" ? [shape] : []));
    expect(low.y).toBeGreaterThan(high.y + high.height - 1);
    expect(high.x).toBeGreaterThan(low.x + low.width - 1);
  });

  test("texts are escaped in the drawing", () => {
    const drawn = svg(barChart('<b>"', [{ label: "<script>alert(1)</script>", value: 1, text: "&" }]));
    expect(drawn).not.toMatch(/<script|<b>/);
    expect(drawn).toContain("&amp;");
  });
});
