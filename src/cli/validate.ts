import { Option } from "commander";
import { type Validation, validateDevice } from "../compare/validate.js";
import { loadData } from "../data/load.js";
import { classLabels, inputRows } from "../data/rows.js";
import { openDevice, type TargetName } from "../device/device.js";
import { EXIT } from "../errors.js";
import { hostProject } from "../project/host_project.js";
import { openProject } from "../project/open.js";
import { type AddCommand, action } from "./command.js";
import { jsonOption, modelOption, positiveInteger } from "./options.js";
import { type Output, percent } from "./output.js";

interface Options {
  json?: boolean;
  model?: string;
  on: TargetName;
  data: string;
  limit?: number;
  perLayer?: boolean;
}

export const validate: AddCommand = (program) => {
  program
    .command("validate")
    .description("run the firmware on real rows and compare it with the host reference, byte for byte")
    .argument("<firmware>", "folder that `generate` wrote; built, for a simulator")
    .addOption(
      new Option("--on <target>", "where the firmware runs").choices(["host", "simulator"]).makeOptionMandatory(),
    )
    .requiredOption("--data <data>", "rows: .npz (arrays inputs, labels), .npy or .csv")
    .option("--limit <rows>", "only the first rows", positiveInteger)
    .option("--per-layer", "compare every layer, and name the first that differs")
    .addOption(modelOption())
    .addOption(jsonOption())
    .addHelpText("after", "\nExample:\n  $ onnx2mcu validate firmware/ --on simulator --data data.npz --limit 100")
    .action(action<Options>(([folder], options, output) => run(folder, options, output)));
};

/** One output: the record itself; several: an array. */
const oneOrMany = <T>(list: readonly T[]): T | readonly T[] => (list.length === 1 ? list[0] : list);

async function run(folder: string, options: Options, output: Output): Promise<number> {
  const generated = openProject(folder, options.model);
  const { manifest } = generated;
  const project = options.on === "host" ? await hostProject(generated) : generated;
  const { program } = project;
  const file = loadData(options.data);
  const rows = inputRows(
    file,
    "inputs",
    program.inputs.map((id) => program.tensors[id]),
  );
  const device = await openDevice(project, options.on);
  let result: Validation;
  try {
    result = await validateDevice(project, device, rows, {
      limit: options.limit,
      labels: classLabels(file),
      perLayer: options.perLayer,
      onRow: (done, count) => output.progress(`row ${done}/${count}`),
    });
  } finally {
    await device.close();
  }
  const equal = result.firmwareVsHost.every((o) => o.equal) && !result.firstDivergence;
  const document = {
    target: options.on,
    rows: result.rows,
    firmwareVsHost: oneOrMany(result.firmwareVsHost),
    vsFloat: result.vsFloat && oneOrMany(result.vsFloat),
    accuracy: result.accuracy,
    signature: manifest.signature,
    ...(options.perLayer && {
      firstDivergence: result.firstDivergence,
      insideCascades: result.insideCascades,
    }),
  };
  output.result(document, reportText(options.on, result, equal));
  return equal ? EXIT.ok : EXIT.comparisonFailed;
}

export function reportText(target: string, result: Validation, equal: boolean): string {
  const lines = [
    equal
      ? `${target}: ${result.rows} rows, firmware and host agree in every byte`
      : `${target}: ${result.rows} rows, firmware and host DIFFER in ${result.firmwareVsHost.reduce((n, o) => n + o.mismatches, 0)} bytes`,
  ];
  const { accuracy, firstDivergence: d } = result;
  const shares = Object.entries(accuracy).flatMap(([name, share]) =>
    share === null ? [] : `${name} ${percent(share)}`,
  );
  if (shares.length > 0) lines.push(`accuracy: ${shares.join(", ")}`);
  for (const [i, m] of (result.vsFloat ?? []).entries()) {
    const list = Object.entries(m).flatMap(([key, value]) => (value === null ? [] : `${key} ${value.toPrecision(4)}`));
    lines.push(`output ${i} against float: ${list.join("  ")}`);
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
