import { expect, test } from "vitest";
import { accuracyDocument } from "../../src/accuracy/document.js";
import type { Loss, ModelAccuracy } from "../../src/accuracy/measure.js";

const loss = (snr: number, agreement: number): Loss => ({ snr, agreement, accuracy: 0.9, mcNemar: 1 });

const model = (others: ReadonlyMap<string, Loss>): ModelAccuracy => ({
  ...{ model: "net", rows: 100, float: 0.91, seconds: 1 },
  ...{ onnxruntime: loss(30, 0.97), plain: loss(31, 0.98), corrected: loss(35, 0.985), others },
});

test("other tools have a table of their own where they were run", () => {
  const others = new Map([
    ["entropy", loss(28, 0.99)],
    ["percentile", loss(29, 0.96)],
  ]);
  const text = accuracyDocument([model(others)]);
  // The best of onnxruntime's three agrees on 99.0 %, corrected on 98.5.
  expect(text).toContain("| net | 30.0 | 97.0 | 28.0 | 99.0 | 29.0 | 96.0 |  |  | 35.0 | 98.5 | -0.5 |");
  expect(accuracyDocument([model(new Map())])).not.toContain("Beside other tools");
});
