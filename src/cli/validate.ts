import { agrees, differingBytes, type Validation, validateDevice } from "../compare/validate.js";
import { loadData } from "../data/load.js";
import { classLabels, inputRows } from "../data/rows.js";
import { openDevice, type Target, targetName } from "../device/device.js";
import { profileOf } from "../device/profile/bench_inputs.js";
import type { Profile } from "../device/profile/profile.js";
import { EXIT } from "../errors.js";
import { writeFileAtomic } from "../io/files.js";
import { hostProject } from "../project/host_project.js";
import { openProject, type Project } from "../project/open.js";
import { reportPage } from "../report/page.js";
import { metricsTable, milliseconds, validationReport } from "../report/validation_report.js";
import { type AddCommand, action } from "./command.js";
import { jsonOption, modelOption, positiveInteger } from "./options.js";
import { type Output, percent, progressText, table } from "./output.js";

interface Options {
  json?: boolean;
  model?: string;
  on: string;
  data: string;
  limit?: number;
  perLayer?: boolean;
  bisect?: boolean;
  report?: string;
}

export const validate: AddCommand = (program) => {
  program
    .command("validate")
    .description("run the firmware on real rows and compare it with the host reference, byte for byte")
    .argument("<firmware>", "folder that `generate` wrote; built, for a simulator")
    .requiredOption("--on <target>", "where the firmware runs: a serial port, simulator, or host")
    .requiredOption("--data <data>", "rows: .npz (arrays inputs, labels), .npy or .csv")
    .option("--limit <rows>", "only the first rows", positiveInteger)
    .option("--per-layer", "compare every layer, and name the first that differs")
    .option("--bisect", "where outputs differ, find the first layer that does with few runs: for slow lines")
    .option("--report <file.html>", "write a report: metrics, confusion, time and loss by layer, memory over time")
    .addOption(modelOption())
    .addOption(jsonOption())
    .addHelpText(
      "after",
      "\nExamples:\n" +
        "  $ onnx2mcu validate firmware/ --on simulator --data data.npz --limit 100\n" +
        "  $ onnx2mcu validate firmware/ --on /dev/ttyACM0 --data data.npz --report report.html\n" +
        "  $ onnx2mcu validate firmware/ --on COM3 --data data.npz --bisect",
    )
    .action(action<Options>(([folder], options, output) => run(folder, options, output)));
};

/** One output: the record itself; several: an array. */
const oneOrMany = <T>(list: readonly T[]): T | readonly T[] => (list.length === 1 ? list[0] : list);

const targetOf = (on: string): Target => (on === "host" || on === "simulator" ? on : { port: on });

async function run(folder: string, options: Options, output: Output): Promise<number> {
  const target = targetOf(options.on);
  const generated = openProject(folder, options.model);
  const { manifest } = generated;
  const project = target === "host" ? await hostProject(generated) : generated;
  const { program } = project;
  const file = loadData(options.data);
  const rows = inputRows(
    file,
    "inputs",
    program.inputs.map((id) => program.tensors[id]),
  );
  const started = performance.now();
  const device = await openDevice(project, target);
  let result: Validation;
  try {
    if (device.baud !== null) output.note(`${options.on} at ${device.baud.toLocaleString("en")} baud`);
    for (const line of (await device.log()).split("\n")) if (line !== "") output.note(`${options.on} says: ${line}`);
    result = await validateDevice(project, device, rows, {
      limit: options.limit,
      labels: classLabels(file),
      perLayer: options.perLayer,
      bisect: options.bisect,
      layerErrors: options.perLayer || options.report !== undefined,
      onRow: (done, count) => output.progress(progressText("row", done, count, performance.now() - started)),
      onProbe: (layer) => output.progress(`bisecting: layer ${layer}`),
    });
  } finally {
    await device.close();
  }
  const equal = agrees(result);
  if (options.report !== undefined) {
    const profile = result.latency ? undefined : await countedIn(project, target, output);
    const page = reportPage(validationReport({ project, target: options.on, validation: result, profile }));
    await writeFileAtomic(options.report, Buffer.from(page));
    output.note(`${options.report}: written`);
  }
  const { vsFloat, hostVsFloat, confusion, latency, layers } = result;
  const document = {
    target: options.on,
    rows: result.rows,
    firmwareVsHost: oneOrMany(result.firmwareVsHost),
    vsFloat: vsFloat && oneOrMany(vsFloat),
    hostVsFloat: hostVsFloat && oneOrMany(hostVsFloat),
    targetVsHost: oneOrMany(result.targetVsHost),
    accuracy: result.accuracy,
    ...{ confusion, latency, stackBytes: result.stackBytes, baud: device.baud },
    layers: layers.map((layer) => ({ ...layer, snr: Number.isFinite(layer.snr) ? layer.snr : null })),
    signature: manifest.signature,
    ...((options.perLayer || options.bisect) && {
      firstDivergence: result.firstDivergence,
      insideCascades: result.insideCascades,
    }),
  };
  output.result(document, reportText(targetName(target), result, equal));
  return equal ? EXIT.ok : EXIT.comparisonFailed;
}

/** Counts of a simulated board, which has no counter of its own; undefined where nothing can be counted. */
async function countedIn(project: Project, target: Target, output: Output): Promise<Profile | undefined> {
  if (target === "host" || !project.board.simulator) return undefined;
  output.progress("counting instructions in the simulator");
  return profileOf(project);
}

export function reportText(target: string, result: Validation, equal: boolean): string {
  const lines = [
    equal
      ? `${target}: ${result.rows} rows, firmware and host agree in every byte`
      : `${target}: ${result.rows} rows, firmware and host DIFFER in ${differingBytes(result)} bytes`,
  ];
  const { accuracy, firstDivergence: d, latency } = result;
  const shares = Object.entries(accuracy).flatMap(([name, share]) =>
    share === null ? [] : `${name} ${percent(share)}`,
  );
  if (shares.length > 0) lines.push(`accuracy: ${shares.join(", ")}`);
  const { header, rows } = metricsTable(result);
  lines.push(table(header, rows));
  if (latency) {
    const { min, mean, max, std } = latency;
    lines.push(
      `time of an inference: min ${milliseconds(min)}, mean ${milliseconds(mean)}, max ${milliseconds(max)}, std ${milliseconds(std)}`,
    );
  }
  const inside = result.insideCascades?.length ?? 0;
  if (inside > 0)
    lines.push(
      `${inside} layers run inside a cascade, where they have no whole output to compare: see generate --no-cascade`,
    );
  if (d) {
    lines.push(
      `first difference: row ${d.row}, layer ${d.layer} (${d.operator}, node "${d.node}"), element ${d.index}: host ${d.host}, target ${d.target}`,
    );
  }
  return lines.join("\n");
}
