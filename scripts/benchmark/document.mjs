// @ts-check
// docs/benchmark.md from the measurements.
import { CORTEX_M4, CORTEX_M55, PER_MAC } from "./peers.mjs";

/**
 * @typedef {{ name: string, operator: string, macs: number, instructions: number, cycles: number | null }} Layer
 * @typedef {{ board: string, model: string, optimize: string, macs: number, instructions: number, cycles: number | null,
 *   arena: number, arenaBound: number, ram: number, flash: number, layers?: Layer[] }} Result
 */

/** SMLAD: two products an instruction. */
const LIMIT = 0.5;

const millions = (/** @type {number | null} */ n) => (n === null ? "-" : (n / 1e6).toFixed(n < 1e6 ? 3 : 2));
const thousands = (/** @type {number} */ n) => (n / 1e3).toFixed(1);
const row = (/** @type {readonly (string | number)[]} */ cells) => `| ${cells.join(" | ")} |`;
const table = (/** @type {string[]} */ head, /** @type {(string | number)[][]} */ rows) => [
  row(head),
  row(head.map(() => "---")),
  ...rows.map(row),
  "",
];

/** @param {Result[]} results @param {Result[]} before those of the run before, for the changes */
export function benchmarkDocument(results, before) {
  const known = new Map(before.map((result) => [keyOf(result), result]));
  /** The change of a figure against the run before, in percent, where there is one. */
  const change = (/** @type {Result} */ result, /** @type {"instructions" | "ram" | "flash"} */ figure) => {
    const old = known.get(keyOf(result))?.[figure];
    if (old === undefined || old === result[figure]) return "";
    const percent = (100 * (result[figure] - old)) / old;
    return Math.abs(percent) < 0.05 ? "" : ` (${percent > 0 ? "+" : ""}${percent.toFixed(1)} %)`;
  };
  const figures = (/** @type {Result} */ r) => [
    `${millions(r.instructions)}${change(r, "instructions")}`,
    (r.instructions / r.macs).toFixed(2),
    millions(r.cycles),
    `${thousands(r.ram)}${change(r, "ram")}`,
    `${thousands(r.arena)} / ${thousands(r.arenaBound)}`,
    `${thousands(r.flash)}${change(r, "flash")}`,
  ];
  const head = ["instructions, M", "per MAC", "cycles, M", "RAM, KB", "arena / bound, KB", "flash, KB"];
  const onM4 = results.filter(({ board }) => board === "qemu-cortex-m4");
  const mlperf = onM4.filter(({ model }) => model in CORTEX_M4);
  const peer = (/** @type {string} */ model) => CORTEX_M4[model];
  return `${[
    "# Measured",
    "",
    "int8 firmware, -O2, one inference with softmax, inputs and outputs included. Instructions are exact counts in the simulator,",
    "cycles the models of src/device/profile without wait states (not measured on silicon); MACs are those of the model as given; RAM",
    "is arena, static data and painted stack; flash is the model's code, weights and tables, without board support. The bound is what no",
    "order and no placement of the chosen kernels can go below. 1 KB = 1,000 bytes. Written by `npm run benchmark`; in brackets, where",
    "there is one, the change against the run before.",
    "",
    "![instructions against TensorFlow Lite Micro with CMSIS-NN](benchmark.svg)",
    "",
    "## MLPerf Tiny on Cortex-M4",
    "",
    ...table(
      ["model", "--optimize", ...head],
      mlperf.flatMap((result, i) => [
        ...(mlperf[i - 1]?.model === result.model
          ? []
          : [
              [
                ...[result.model, "TensorFlow Lite Micro + CMSIS-NN", millions(peer(result.model).instructions)],
                ...[
                  (peer(result.model).instructions / result.macs).toFixed(2),
                  "",
                  thousands(peer(result.model).ram),
                  "",
                ],
                thousands(peer(result.model).flash),
              ],
            ]),
        [result.model, result.optimize, ...figures(result)],
      ]),
    ),
    "## Other models on Cortex-M4, --optimize balanced",
    "",
    ...table(
      ["model", "MACs, M", ...head],
      onM4.filter((r) => !mlperf.includes(r)).map((r) => [r.model, millions(r.macs), ...figures(r)]),
    ),
    "## Other cores, --optimize speed",
    "",
    ...table(
      ["board", "model", ...head, "peer"],
      results
        .filter(({ board }) => board !== "qemu-cortex-m4")
        .map((r) => [
          ...[r.board, r.model, ...figures(r)],
          PER_MAC[r.board] ? `${PER_MAC[r.board]} per MAC` : `CMSIS-NN ${millions(CORTEX_M55[r.model])} M`,
        ]),
    ),
    "## Where the next gain is: layers on Cortex-M4, --optimize speed",
    "",
    `The limit is ${LIMIT} instructions per MAC: SMLAD multiplies two pairs. MACs of a layer are those left after channels that cannot`,
    "change an output are eliminated. Excess is what a layer takes above the limit, as a share of the whole inference.",
    "",
    ...mlperf.filter(({ layers }) => layers).flatMap(roofline),
  ].join("\n")}`;
}

/** @param {Result} result */
function roofline({ model, layers = [], instructions }) {
  const excess = (/** @type {Layer} */ layer) => layer.instructions - LIMIT * layer.macs;
  return [
    `### ${model}`,
    "",
    ...table(
      ["layer", "operator", "MACs, k", "instructions, k", "per MAC", "excess"],
      layers.map((layer, i) => [
        ...[i, layer.operator, Math.round(layer.macs / 1e3), (layer.instructions / 1e3).toFixed(1)],
        layer.macs > 0 ? (layer.instructions / layer.macs).toFixed(2) : "-",
        `${((100 * excess(layer)) / instructions).toFixed(1)} %`,
      ]),
    ),
  ];
}

const keyOf = (/** @type {Result} */ { board, model, optimize }) => `${board} ${model} ${optimize}`;
