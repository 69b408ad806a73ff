/** The report of a validation: is the chip right, how good is it, where do time and memory go. */
import type { Confusion } from "../compare/confusion.js";
import { decibels, type Metrics } from "../compare/metrics.js";
import { agrees, differingBytes, type LayerResult, type Validation } from "../compare/validate.js";
import type { Profile } from "../device/profile/profile.js";
import { firmwareCall } from "../graph/program.js";
import type { Project } from "../project/open.js";
import { type Bar, barChart, binned, histogramChart, memoryMapChart } from "./charts.js";
import type { Report, ReportTable, Section, ShadedCell } from "./page.js";

/** Longer charts of layers are no longer read. */
const MOST_BARS = 80;
const BINS = 60;

export interface ValidationReportInput {
  readonly project: Project;
  readonly target: string;
  readonly validation: Validation;
  /** Names of the classes by label; numbers stand in. */
  readonly classes?: readonly string[];
  /** Counted in a simulator, for a board without a counter of its own. */
  readonly profile?: Profile;
}

const METRICS: readonly (keyof Metrics)[] = ["acc", "rmse", "mae", "l2r", "mean", "std", "nse", "cos"];
const percent = (share: number) => `${(100 * share).toFixed(1)} %`;

/** Rows of "what", then the metrics; of the comparisons that there are. */
export function metricsTable(validation: Validation): { header: string[]; rows: string[][] } {
  const { hostVsFloat, targetVsHost, vsFloat } = validation;
  const several = targetVsHost.length > 1;
  const row = (what: string, output: number, metrics: Metrics) => [
    several ? `${what}, output ${output}` : what,
    ...METRICS.map((key) => {
      const value = metrics[key];
      if (value === null) return "-";
      return key === "acc" ? percent(value) : Number.isInteger(value) ? String(value) : value.toPrecision(4);
    }),
  ];
  return {
    header: ["", ...METRICS],
    rows: targetVsHost.flatMap((_, i) => [
      ...(hostVsFloat ? [row("host against float", i, hostVsFloat[i])] : []),
      row("chip against host", i, targetVsHost[i]),
      ...(vsFloat ? [row("chip against float", i, vsFloat[i])] : []),
    ]),
  };
}

function confusionTable(confusion: Confusion, classes: readonly string[]): ReportTable {
  const name = (label: number) => classes[label] ?? String(label);
  return {
    header: ["is \\ taken for", ...confusion.map((_, label) => name(label)), "right"],
    rows: confusion.map((row, label) => {
      const rows = row.reduce((sum, count) => sum + count, 0);
      const cells = row.map((count, predicted): ShadedCell => {
        const share = rows === 0 ? 0 : count / rows;
        return { text: count === 0 ? "" : String(count), tone: predicted === label ? "hit" : "miss", share };
      });
      return [name(label), ...cells, rows === 0 ? "-" : percent(row[label] / rows)];
    }),
  };
}

export const milliseconds = (seconds: number): string => `${(1000 * seconds).toPrecision(4)} ms`;

const layerName = ({ layer, operator }: { layer: number; operator: string }) => `${layer} ${operator}`;

function layerBars(layers: readonly LayerResult[], bar: (layer: LayerResult) => Omit<Bar, "label" | "hint">): Bar[] {
  return layers
    .slice(0, MOST_BARS)
    .map((layer) => ({ label: layerName(layer), hint: `${layer.operator} ${layer.node}`, ...bar(layer) }));
}

const tooMany = (layers: readonly LayerResult[]) =>
  layers.length > MOST_BARS ? [`The chart shows the first ${MOST_BARS} of ${layers.length} layers.`] : [];

/** Where the time goes: by the board's counter, or as counted in the simulator. */
function timeSection({ validation, profile, project }: ValidationReportInput): Section[] {
  const { latency, layers, ticks } = validation;
  if (latency) {
    const total = layers.reduce((sum, { seconds }) => sum + (seconds ?? 0), 0) || 1;
    return [
      {
        heading: "Time",
        notes: [
          `Of ${latency.runs} runs, by the board's own counter; layers one by one, with pauses between them.`,
          ...tooMany(layers),
        ],
        tables: [
          {
            header: ["min", "mean", "max", "std"],
            rows: [[latency.min, latency.mean, latency.max, latency.std].map(milliseconds)],
          },
        ],
        drawings: [
          histogramChart("Ticks of a run", binned(ticks, Math.min(BINS, ticks.length))),
          barChart(
            "Time by layer",
            layerBars(layers, ({ seconds }) => ({
              value: seconds,
              text: `${milliseconds(seconds ?? 0)}, ${percent((seconds ?? 0) / total)}`,
            })),
          ),
        ],
        wide: true,
      },
    ];
  }
  if (!profile) return [];
  const unit = profile.cycles === null ? "instructions" : "cycles";
  const counts = profile.layers.map((cost) => cost[unit] ?? 0);
  const total = profile[unit] || 1;
  const clock = project.board.clockHz;
  const time = unit === "cycles" ? `; at ${clock / 1e6} MHz ${milliseconds(total / clock)}` : "";
  return [
    {
      heading: "Time",
      notes: [
        `${total.toLocaleString("en")} ${unit === "cycles" ? "modelled cycles" : unit} of an inference, counted in the simulator${time}.`,
        ...tooMany(layers),
      ],
      drawings: [
        barChart(
          `${unit === "cycles" ? "Modelled cycles" : "Instructions"} by layer`,
          layerBars(layers, ({ layer }) => ({
            value: counts[layer],
            text: `${counts[layer].toLocaleString("en")}, ${percent(counts[layer] / total)}`,
          })),
        ),
      ],
      wide: true,
    },
  ];
}

function lossSection({ layers, errors }: Validation): Section[] {
  if (!errors) return [];
  const known = layers.filter(({ snr }) => snr !== null);
  const finite = known.map(({ snr }) => snr!).filter(Number.isFinite);
  const most = Math.max(...finite, 1);
  return [
    {
      heading: "Loss by quantisation",
      notes: [
        "dB of the float model's values over the error of the host's, accumulated up to the layer. Layers inside a cascade have no whole output to compare.",
        ...tooMany(known),
      ],
      drawings: [
        barChart(
          "Signal over error by layer, dB",
          layerBars(known, ({ snr }) => ({
            value: Number.isFinite(snr) ? Math.max(snr!, 0) : most,
            text: decibels(snr!),
            tone: snr! < 20 ? "bad" : "main",
          })),
        ),
        histogramChart("Errors of the output against float", binned(errors, BINS), { scale: "root" }),
      ],
      wide: true,
    },
  ];
}

function memorySection({ program, plan }: Project): Section {
  const blocks = plan.storages.flatMap(({ tensors, placement, first, last }) => {
    if (placement.region !== "arena") return [];
    const names = tensors.map((id) => program.tensors[id].name).join(", ");
    const hint = `${names}: ${placement.bytes} bytes at ${placement.offset}`;
    return [{ offset: placement.offset, bytes: placement.bytes, first, last, hint, tone: "main" as const }];
  });
  const scratch = plan.steps.flatMap((index, position) => {
    const offset = plan.scratch[index];
    const bytes = firmwareCall(program.steps[index]).scratchBytes;
    if (offset === null) return [];
    const hint = `scratch of layer ${position}: ${bytes} bytes at ${offset}`;
    return [{ offset, bytes, first: position, last: position, hint, tone: "second" as const }];
  });
  return {
    heading: "Memory over time",
    notes: [
      `Arena of ${plan.arenaBytes.toLocaleString("en")} bytes, lower bound ${plan.lowerBound.toLocaleString("en")}: ${plan.proof}. Blue: tensors; orange: scratch; the line: the peak.`,
    ],
    drawings: [
      memoryMapChart("Who uses which bytes of the arena when", [...blocks, ...scratch], {
        steps: plan.steps.length,
        bytes: plan.arenaBytes,
        peakStep: plan.peakStep,
      }),
    ],
    wide: true,
  };
}

export function validationReport(input: ValidationReportInput): Report {
  const { project, target, validation, classes = [], profile } = input;
  const { manifest, board, program, plan } = project;
  const { accuracy, confusion, firstDivergence: d, layers, stackBytes } = validation;
  const equal = agrees(validation);
  const shares = Object.entries(accuracy).flatMap(([name, share]) => (share === null ? [] : [[name, percent(share)]]));
  const totalSnr = layers.filter(({ snr }) => snr !== null).at(-1)?.snr ?? null;
  const total = layers.reduce((sum, { seconds }) => sum + (seconds ?? 0), 0);
  return {
    title: `${manifest.name} on ${board.title}`,
    verdict: {
      text: equal
        ? `The chip equals the host in every byte: ${validation.rows} rows`
        : `The chip DIFFERS from the host in ${differingBytes(validation)} bytes of ${validation.rows} rows`,
      tone: equal ? "good" : "bad",
    },
    warnings: d
      ? [
          `First difference: row ${d.row}, layer ${d.layer} (${d.operator}, node "${d.node}"), element ${d.index}: host ${d.host}, chip ${d.target}`,
        ]
      : [],
    sections: [
      {
        heading: "What was compared",
        tables: [
          {
            rows: [
              ["model", `${manifest.model.file}, signature ${manifest.signature}`],
              ["board", `${board.title} (${board.core}), through ${target}`],
              ["precision", manifest.precision],
              ["layers", `${layers.length}, ${manifest.macs.toLocaleString("en")} multiply-accumulates`],
              ["arena", `${manifest.arena.bytes.toLocaleString("en")} bytes`],
              ["stack", stackBytes > 0 ? `${stackBytes.toLocaleString("en")} bytes at most` : "not measured"],
              ["weights and tables", `${manifest.tables.bytes.toLocaleString("en")} bytes`],
            ],
          },
        ],
      },
      {
        heading: "How far apart",
        notes: ["The metrics of ST's validate command; error = first minus second."],
        tables: [
          metricsTable(validation),
          ...(shares.length > 0 ? [{ heading: "Accuracy against the labels", rows: shares }] : []),
        ],
      },
      ...(confusion ? [{ heading: "Confusion matrix of the chip", tables: [confusionTable(confusion, classes)] }] : []),
      ...timeSection(input),
      ...lossSection(validation),
      memorySection(project),
      {
        heading: "Layers",
        tables: [
          {
            header: ["layer", "operator", "node", "MACs", "time", "share", "dB"],
            rows: layers.map((layer) => {
              const { seconds, snr } = layer;
              const count = profile?.layers[layer.layer];
              const counted = count ? (count.cycles ?? count.instructions) : null;
              const all = profile ? (profile.cycles ?? profile.instructions) : total;
              const time =
                seconds !== null ? milliseconds(seconds) : counted !== null ? counted.toLocaleString("en") : "-";
              const share = seconds ?? counted;
              return [
                ...[layer.layer, layer.operator, layer.node, program.steps[plan.steps[layer.layer]].macs, time],
                ...[share === null || all === 0 ? "-" : percent(share / all), snr === null ? "-" : decibels(snr)],
              ];
            }),
          },
        ],
        notes:
          totalSnr === null ? [] : [`The last layer that can be compared is ${decibels(totalSnr)} dB above its error.`],
      },
    ],
  };
}
