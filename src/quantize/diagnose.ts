/** What is suspicious about a quantisation, in plain words: the data first, then the layers. */
import { quoted } from "../quoted.js";
import type { Rows } from "./calibrate.js";
import type { LayerError } from "./layer_errors.js";
import type { Precisions } from "./precisions.js";

/** Fewer rows than this hardly show the ranges of a model. */
const FEW_ROWS = 20;
/** Below it, in dB, an output is a rough guess: one part in ten of its size is noise. */
const LEAST_SNR = 20;
/** Rows that are looked at for inputs that never change. */
const MOST_ROWS = 256;

/** @param names of the inputs */
export function dataWarnings(data: Rows, names: readonly string[]): string[] {
  const warnings: string[] = [];
  if (data.rows < FEW_ROWS) {
    warnings.push(
      `${data.rows} calibration rows are few: ranges that they do not show are clipped; give at least ${FEW_ROWS}, better 100`,
    );
  }
  names.forEach((name, input) => {
    const [first] = data.row(0)[input];
    for (let row = 0; row < Math.min(data.rows, MOST_ROWS); row++) {
      if (!data.row(row)[input].every((value) => value === first)) return;
    }
    warnings.push(
      `input ${quoted(name)} is ${first} in every element of every calibration row: is it the right array?`,
    );
  });
  return warnings;
}

/** What was done already, so that no warning asks for it. */
export interface Done {
  readonly corrected: boolean;
  readonly precisions: Precisions;
}

/**
 * @param layers in the order of the model
 * @param outputs names of the model's outputs
 */
export function layerWarnings(layers: readonly LayerError[], outputs: readonly string[], done: Done): string[] {
  return layers.flatMap(({ value, accumulated }) => {
    if (!outputs.includes(value) || accumulated >= LEAST_SNR) return [];
    const worst = layers.reduce((a, b) => (b.isolated < a.isolated ? b : a));
    return [
      `output ${quoted(value)} is ${accumulated.toFixed(1)} dB above its error only; the layer that loses most by itself is ` +
        `${worst.operator} ${quoted(worst.node)} (${worst.isolated.toFixed(1)} dB): ${remedy(worst, done)}`,
    ];
  });
}

function remedy({ node, saturated }: LayerError, { corrected, precisions }: Done): string {
  if (saturated > 0.001) {
    return "its values leave the range that calibration saw, so give rows that show more, or --observer minmax";
  }
  if (precisions.get(node) === "int4") return "its weights are int4; int8 loses less";
  if (!corrected) return "try --corrections auto and --observer best";
  return "compute it in float32 with --precisions, or let --max-accuracy-drop find the layers that need it";
}
