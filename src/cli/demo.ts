import { readFileSync } from "node:fs";
import { agrees, type Validation, validateDevice } from "../compare/validate.js";
import { compile, modelHash } from "../compile.js";
import { loadData } from "../data/load.js";
import { classLabels, inputRows } from "../data/rows.js";
import { loadBoard, targetOf } from "../device/boards.js";
import { openDevice, type Target, targetName } from "../device/device.js";
import { buildProject } from "../device/pio.js";
import { benchProject } from "../device/profile/bench.js";
import { EXIT, UserError } from "../errors.js";
import { writeTree } from "../io/files.js";
import { packagePath } from "../io/package_path.js";
import { hostProject } from "../project/host_project.js";
import { openProject, type Project } from "../project/open.js";
import { platformioProject } from "../project/platformio.js";
import { type AddCommand, action } from "./command.js";
import { jsonOption, positiveInteger } from "./options.js";
import { compact, kilobytes, type Output, percent } from "./output.js";

interface Options {
  json?: boolean;
  output: string;
  limit?: number;
}

export const demo: AddCommand = (program) => {
  program
    .command("demo")
    .description("the whole path on a handwritten-digit classifier: compile, build, simulate, compare")
    .option("-o, --output <folder>", "where the firmware project goes", "firmware/digits")
    .option("--limit <rows>", "compare only the first rows", positiveInteger)
    .addOption(jsonOption())
    .action(action<Options>((_args, options, output) => run(options, output)));
};

/** Builds for the simulator; without the tools for that the demo goes on with the host alone. */
async function buildFor(project: Project, output: Output): Promise<Target> {
  try {
    output.note("building with PlatformIO ...");
    const { elf, seconds } = await buildProject(project.folder, project.board, output.progress);
    output.note(`built ${elf} in ${seconds.toFixed(1)} s`);
    return "simulator";
  } catch (error) {
    if (!(error instanceof UserError) || error.code !== "E_TOOL_MISSING") throw error;
    output.note(`${error.message}; going on with this computer as the target`);
    return "host";
  }
}

async function compare(project: Project, target: Target, data: string, options: Options, output: Output) {
  const file = loadData(data);
  const inputs = project.program.inputs.map((id) => project.program.tensors[id]);
  const device = await openDevice(project, target);
  try {
    return await validateDevice(project, device, inputRows(file, "inputs", inputs), {
      labels: classLabels(file),
      limit: options.limit,
      onRow: (done, rows) => output.progress(`comparing row ${done}/${rows}`),
    });
  } finally {
    await device.close();
  }
}

async function run(options: Options, output: Output): Promise<number> {
  const model = packagePath("examples", "digits", "digits.onnx");
  const data = packagePath("examples", "digits", "digits.npz");
  const board = loadBoard("qemu-cortex-m4");
  output.note("compiling examples/digits/digits.onnx to int8 C ...");
  const compiled = compile(model, {
    name: "digits",
    target: targetOf(board),
    calibration: (inputs) => inputRows(loadData(data), "calibration", inputs),
  });
  const source = { file: "digits.onnx", sha256: modelHash(readFileSync(model)) };
  await writeTree(options.output, platformioProject(compiled, board, source));
  const project = openProject(options.output);
  const target = await buildFor(project, output);
  const running = target === "host" ? await hostProject(project) : project;
  const result = await compare(running, target, data, options, output);
  const bench = target === "simulator" ? await benchProject(project) : undefined;
  const equal = agrees(result);
  output.result(
    {
      project: options.output,
      target: targetName(target),
      rows: result.rows,
      equal,
      accuracy: result.accuracy,
      bench: bench ?? null,
    },
    story(options, project, target, result, equal, bench),
  );
  return equal ? EXIT.ok : EXIT.comparisonFailed;
}

function story(
  options: Options,
  project: Project,
  target: Target,
  result: Validation,
  equal: boolean,
  bench: Awaited<ReturnType<typeof benchProject>> | undefined,
): string {
  const { accuracy } = result;
  const { manifest } = project;
  const share = (value: number | null) => (value === null ? "unknown" : percent(value));
  const where = target === "simulator" ? "a simulated Cortex-M4" : "this computer";
  return [
    "",
    "A small network that reads handwritten digits, from ONNX to firmware:",
    `  model      ${manifest.layers.length} layers, ${compact(manifest.macs)} multiply-accumulates per image`,
    `  accuracy   ${share(accuracy.float)} as float, ${share(accuracy.host)} as int8`,
    ...(bench
      ? [
          `  flash      ${kilobytes(bench.flash.total)} (code ${kilobytes(bench.flash.code)}, weights ${kilobytes(bench.flash.weights)})`,
          `  RAM        ${kilobytes(bench.ram.total)} (arena ${kilobytes(bench.ram.arena)}, stack ${kilobytes(bench.ram.stack)})`,
          `  speed      ${compact(bench.instructions)} instructions per image, counted`,
        ]
      : [`  RAM        arena ${kilobytes(manifest.arena.bytes)}`]),
    `  compared   ${result.rows} images on ${where}: ${equal ? "every byte equals the host's" : "DIFFERS from the host"}`,
    "",
    `The firmware project lies in ${options.output}: open it with PlatformIO, or copy lib/${manifest.name} into your own.`,
    "Next, with a model of yours:",
    "  npx onnx2mcu analyze  model.onnx",
    "  npx onnx2mcu generate model.onnx --board qemu-cortex-m4 --calibration data.npz -o firmware/mine",
    "  npx onnx2mcu build    firmware/mine",
    "  npx onnx2mcu validate firmware/mine --on simulator --data data.npz",
  ].join("\n");
}
