import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { judgedRows, QUALITIES } from "../../src/quantize/quality.js";
import { chooseQuantisation, type QuantiseOptions } from "../../src/quantize/quantise.js";
import {
  type Known,
  layerSensitivities,
  paretoFront,
  type SearchOptions,
  searchPrecisions,
  type Trial,
} from "../../src/quantize/search.js";
import { readSearch, searchName, writeSearch } from "../../src/quantize/search_state.js";
import { randomRows, separableGraph } from "./graphs.js";

const data = randomRows(40, 144);
const folder = mkdtempSync(join(tmpdir(), "search-"));
afterAll(() => rmSync(folder, { recursive: true }));

const ranged = (options: QuantiseOptions = {}, spread = (_channel: number) => 1) =>
  chooseQuantisation(separableGraph(spread), data, options);
const searched = (maxDrop: number, more: Partial<SearchOptions> = {}, from = ranged()) =>
  searchPrecisions(from, {
    ...{ quality: QUALITIES.snr, judged: judgedRows(data, null, 20), maxDrop, cost: "flash", ...more },
  });

describe("searchPrecisions", () => {
  test("takes all the int4 that there is when anything goes, and none when nothing may be lost", () => {
    expect(Object.fromEntries(searched(1000).chosen.precisions)).toEqual({ a: "int4", y: "int4" });
    const none = searched(0);
    expect(none.chosen.precisions.size).toBe(0);
    expect(none.keeps).toBe(true);
  });

  test("in between it keeps the budget with fewer bytes than int8", () => {
    const all = searched(1000);
    const worst = all.reference - all.chosen.value;
    const some = searched(worst - 0.5);
    expect(some.chosen.precisions.size).toBe(1);
    expect(some.reference - some.chosen.value).toBeLessThanOrEqual(worst - 0.5);
    const [cheapest] = some.trials;
    expect(some.chosen.weightBytes).toBeGreaterThan(cheapest.weightBytes);
    expect(some.chosen.weightBytes).toBeLessThan(8 * 4 + 8 * 9 + 3 * 8);
  });

  test("the chosen model is rounded anew, and its value is that of the model that is given", () => {
    const { quantised, chosen } = searched(1000, {}, ranged({ corrections: ["rounding"] }));
    expect(quantised.precisions).toEqual(chosen.precisions);
    expect(quantised.rounded.length).toBeGreaterThan(0);
  });

  test("int8 over the budget: as few layers in float32 as bring it back", () => {
    // Channels of very different size under one scale for all weights of a layer.
    const broken = ranged({ scheme: { perTensor: true } }, (channel) => 4 ** channel);
    const quality = { ...QUALITIES.snr, fromInt8: false, measure: QUALITIES.snr.measure };
    const against = {
      ...quality,
      measure: (...all: Parameters<typeof quality.measure>) => Math.min(30, quality.measure(...all)),
    };
    const found = searched(0, { quality: against }, broken);
    expect(new Set(found.chosen.precisions.values())).toEqual(new Set(["float32"]));
    expect(found.keeps).toBe(true);
    expect(found.trials.find(({ precisions }) => precisions.size === 0)!.value).toBeLessThan(30);
  });

  test("cycles are not saved by int4, so nothing changes", () => {
    expect(searched(1000, { cost: "cycles" }).chosen.precisions.size).toBe(0);
  });

  test("known values are not judged again", () => {
    const known: Known = new Map();
    let judged = 0;
    const first = searched(3, { known, onTrial: () => judged++ });
    expect(judged).toBe(known.size);
    const again = searched(3, { known, onTrial: () => expect.fail("judged again") });
    expect(again.chosen).toEqual(first.chosen);
  });
});

test("sensitivity: int4 only where there are kernels for it, and float32 loses nothing", () => {
  const { layers, base } = layerSensitivities(ranged());
  expect(layers.map(({ node, int4 }) => [node, int4 !== null])).toEqual([
    ["a", true],
    ["b", false],
    ["y", true],
  ]);
  for (const { int4, float32 } of layers) {
    if (int4 !== null) expect(int4).toBeLessThan(base - 3);
    expect(float32).toBeGreaterThan(base - 0.5);
  }
});

test("the front: what no other trial beats in both", () => {
  const trial = (cost: number, value: number): Trial => ({ precisions: new Map(), cost, weightBytes: cost, value });
  expect(paretoFront([trial(1, 5), trial(2, 4), trial(3, 7), trial(4, 7)])).toEqual([trial(1, 5), trial(3, 7)]);
});

describe("a search in a file", () => {
  const path = join(folder, "search.json");

  test("is read again; nothing half-written is left", () => {
    const name = searchName(["model", "data"]);
    writeSearch(path, name, new Map([["[]", 91.5]]));
    expect(readSearch(path, name)).toEqual(new Map([["[]", 91.5]]));
    expect(existsSync(`${path}.part`)).toBe(false);
    expect(readSearch(join(folder, "none"), name).size).toBe(0);
  });

  test("of another model, or damaged, is refused", () => {
    expect(() => readSearch(path, searchName(["mode", "ldata"]))).toThrow(/another model/);
    writeFileSync(path, '{"schemaVersion": 1');
    expect(() => readSearch(path, "x")).toThrow(expect.objectContaining({ code: "E_DATA_FORMAT" }));
  });
});
