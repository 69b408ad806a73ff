/** The part of `quantize` that chooses precisions: its options, its progress, and what it prints. */
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { InvalidArgumentError, Option } from "commander";
import type { TestRows } from "../data/rows.js";
import { UserError } from "../errors.js";
import { defaultQuality, judgedRows, QUALITIES, type Quality } from "../quantize/quality.js";
import type { Ranged } from "../quantize/quantise.js";
import {
  COSTS,
  type CostKind,
  type Found,
  type Known,
  paretoFront,
  type Sensitivity,
  searchPrecisions,
  type Trial,
} from "../quantize/search.js";
import { readSearch, searchName, writeSearch } from "../quantize/search_state.js";
import { positiveInteger } from "./options.js";
import { kilobytes, type Output, table } from "./output.js";

export interface SearchFlags {
  readonly calibration: string;
  readonly maxAccuracyDrop?: number;
  readonly metric?: string;
  readonly cost: CostKind;
  readonly resume?: string;
  readonly searchRows: number;
}

function drop(text: string): number {
  const value = Number(text);
  if (text.trim() === "" || !(value >= 0)) throw new InvalidArgumentError("expected a number of at least 0");
  return value;
}

export const searchOptions = (): Option[] => [
  new Option(
    "--max-accuracy-drop <n>",
    "find the cheapest precisions of the layers that lose at most so much: points of accuracy, or what --metric says",
  ).argParser(drop),
  new Option(
    "--metric <name>",
    `what may drop: ${Object.keys(QUALITIES).join(", ")}, or a .mjs file whose default export takes (outputs, float outputs, labels) ` +
      "and gives a number, the larger the better (default: accuracy with labels, agreement for classifiers, else snr)",
  ),
  new Option("--cost <what>", "what the search saves").choices(COSTS).default("flash"),
  new Option("--search-rows <n>", "rows that a model is judged on: the array inputs of the data, else calibration")
    .argParser(positiveInteger)
    .default(400),
  new Option("--resume <file>", "keep what the search has judged in this file, and go on from it"),
];

/** @throws UserError E_USAGE, E_DATA_NOT_FOUND */
async function qualityOf(name: string | undefined, byDefault: Quality): Promise<Quality> {
  if (name === undefined) return byDefault;
  const known = (QUALITIES as Readonly<Record<string, Quality>>)[name];
  if (known) return known;
  if (!/\.m?js$/.test(name)) {
    throw new UserError("E_USAGE", `--metric ${name}: expected ${Object.keys(QUALITIES).join(", ")}, or a .mjs file`);
  }
  let measure: unknown;
  try {
    measure = (await import(pathToFileURL(resolve(name)).href)).default;
  } catch (error) {
    throw new UserError("E_DATA_NOT_FOUND", `--metric ${name}: ${(error as Error).message}`);
  }
  if (typeof measure !== "function") {
    throw new UserError(
      "E_USAGE",
      `--metric ${name}: its default export is no function of outputs, float outputs, labels`,
    );
  }
  const call = measure as Quality["measure"];
  return {
    ...{ name, unit: "", fromInt8: false },
    measure(outputs, float, labels) {
      const value = call(outputs, float, labels);
      if (Number.isFinite(value)) return value;
      throw new UserError("E_USAGE", `--metric ${name}: it gave ${value}, not a number`);
    },
  };
}

export interface SearchDone {
  readonly found: Found;
  readonly quality: Quality;
  readonly rows: number;
}

/**
 * @param tried rows that a model is judged on
 * @param identity what else decides the values; asked for with --resume only, because it reads whole files
 */
export async function search(
  ranged: Ranged,
  tried: TestRows,
  flags: SearchFlags & { readonly maxAccuracyDrop: number },
  identity: () => readonly string[],
  output: Output,
): Promise<SearchDone> {
  const { resume, metric } = flags;
  const { inputs, labels } = tried;
  const quality = await qualityOf(metric, defaultQuality(ranged.float, labels));
  if (quality === QUALITIES.accuracy && !labels) {
    throw new UserError(
      "E_DATA_MISSING_ARRAY",
      `${flags.calibration}: --metric accuracy needs the arrays inputs and labels`,
    );
  }
  const judged = judgedRows(inputs, labels, flags.searchRows);
  const rows = judged.indices.length;
  const nameOf = () =>
    searchName([...identity(), metric?.endsWith("js") ? readFileSync(metric) : quality.name, `${rows}`]);
  const state = resume === undefined ? undefined : { path: resume, name: nameOf() };
  const known: Known = state ? readSearch(state.path, state.name) : new Map();
  if (known.size > 0) output.note(`${resume}: ${known.size} models are judged already`);
  const found = searchPrecisions(ranged, {
    ...{ quality, judged, known, maxDrop: flags.maxAccuracyDrop, cost: flags.cost },
    onTrial: () => state && writeSearch(state.path, state.name, known),
    onProgress: (what, done, total) =>
      output.progress(what === "layer" ? `sensitivity ${done}/${total}` : `searching, ${done} models judged`),
  });
  return { found, quality, rows };
}

/** Precisions in words: "6 int4, 6 int8". */
function mixText({ precisions }: Trial, layers: number): string {
  const counts = new Map<string, number>();
  for (const precision of precisions.values()) counts.set(precision, (counts.get(precision) ?? 0) + 1);
  const rest = layers - precisions.size;
  return [...[...counts].map(([name, count]) => `${count} ${name}`), ...(rest > 0 ? [`${rest} int8`] : [])].join(", ");
}

export function sensitivityTable(layers: readonly Sensitivity[]): string {
  const db = (value: number | null) => (value === null ? "" : Number.isFinite(value) ? value.toFixed(1) : "exact");
  return table(
    ["layer", "operator", "weights", "dB if it is int4", "int16", "float32"],
    layers.map(({ node, operator, weightBytes, int4, int16, float32 }) => [
      ...[node, operator, kilobytes(weightBytes), db(int4), db(int16), db(float32)],
    ]),
  );
}

export function searchText({ found, quality, rows }: SearchDone, { maxAccuracyDrop, cost }: SearchFlags): string {
  const { chosen, reference, trials, keeps, sensitivities } = found;
  const layers = sensitivities.length;
  const base = trials.find(({ precisions }) => precisions.size === 0)!;
  const front = paretoFront(trials);
  const lost = reference - chosen.value;
  const change = `${lost > 0 ? "loses" : "gains"} ${Math.abs(lost).toFixed(2)} ${quality.unit}`;
  const kept = keeps
    ? `${change} (allowed: ${maxAccuracyDrop})`
    : `${change}, more than the ${maxAccuracyDrop} allowed: nothing better was found`;
  return [
    sensitivityTable(sensitivities),
    "",
    `what ${cost} buys (${quality.name} on ${rows} rows; ${quality.fromInt8 ? "int8" : "float"}: ${reference.toFixed(2)}):`,
    table(
      ["", "layers", "weights", quality.name],
      front.map((trial) => [
        trial.precisions === chosen.precisions ? "chosen" : "",
        ...[mixText(trial, layers), kilobytes(trial.weightBytes), trial.value.toFixed(2)],
      ]),
    ),
    "",
    `chosen: ${mixText(chosen, layers)}; weights ${kilobytes(chosen.weightBytes)} of ${kilobytes(base.weightBytes)} in int8; ${kept}`,
  ].join("\n");
}

/** What --json has of a search. */
export function searchJson({ found, quality, rows }: SearchDone) {
  const trial = ({ precisions, ...rest }: Trial) => ({ ...rest, precisions: Object.fromEntries(precisions) });
  const { chosen, reference, keeps, sensitivities, trials } = found;
  return {
    ...{ metric: quality.name, unit: quality.unit, rows, reference, keeps, chosen: trial(chosen) },
    ...{ sensitivities, trials: trials.map(trial), pareto: paretoFront(trials).map(trial) },
  };
}
