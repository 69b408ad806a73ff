import { existsSync } from "node:fs";
import { join } from "node:path";
import { Option } from "commander";
import { type Board, isReal, targetOf } from "../device/boards.js";
import { holdInterrupts } from "../device/interrupt.js";
import { UserError } from "../errors.js";
import { writeTree } from "../io/files.js";
import { openProject } from "../project/open.js";
import { firmwareProject } from "../project/platformio.js";
import { estimateCycles } from "../select/estimate.js";
import type { Optimize, Request } from "../select/select.js";
import { costsFileName, readCosts, storeCosts } from "../tune/costs_file.js";
import { boardMeter, type Meter } from "../tune/meters.js";
import { tuneProject } from "../tune/tune.js";
import { type AddCommand, action } from "./command.js";
import { byteCount, jsonOption } from "./options.js";
import { compact, kilobytes, type Output } from "./output.js";

interface Options {
  json?: boolean;
  on: string;
  kernels?: Request["kernels"];
  optimize?: Optimize;
  maxRam?: number;
  maxFlash?: number;
  cascade?: boolean;
}

export const tune: AddCommand = (program) => {
  program
    .command("tune")
    .description("measure the kernels of a firmware in the simulator or on a board, and generate it anew with the best")
    .argument("<firmware>", "folder that `generate` wrote, with one model")
    .option("--on <target>", "simulator, or the serial port of the connected board", "simulator")
    .addOption(
      new Option("--optimize <what>", "this and the next five as in generate (default: as it was generated)").choices([
        ...["speed", "balanced", "ram", "flash"],
      ]),
    )
    .addOption(new Option("--kernels <which>", "the fastest, or plain C alone").choices(["auto", "plain"]))
    .option("--max-ram <bytes>", "limit of the arena and the states", byteCount)
    .option("--max-flash <bytes>", "limit of tables and kernels", byteCount)
    .option("--cascade", "run layers row by row together with the next where that pays")
    .option("--no-cascade", "run every layer whole")
    .addOption(jsonOption())
    .addHelpText(
      "after",
      "\nWhat it learns is kept in <name>_costs.json; generate --costs takes it.\n\nExamples:\n" +
        "  $ onnx2mcu tune firmware/\n" +
        "  $ onnx2mcu tune firmware/ --on /dev/ttyACM0\n" +
        "  $ onnx2mcu tune firmware/ --optimize speed --max-ram 40KB --json",
    )
    .action(action<Options>(([folder], options, output) => run(folder, options, output)));
};

/** Where to measure, in words for the file of costs, and by what; no meter: the board's simulator. */
function placeOf(on: string, board: Board, output: Output): { source: string; meter?: Meter } {
  if (on === "simulator") return { source: `simulator of ${board.name}` };
  if (!isReal(board)) {
    throw new UserError("E_USAGE", `${board.name} is measured in its simulator: leave --on ${on} out`);
  }
  const meter = boardMeter(on, (stage) => output.note(`${stage} ...`));
  return { source: `counter of ${board.name}`, meter };
}

async function run(folder: string, options: Options, output: Output): Promise<undefined> {
  const project = openProject(folder);
  const { board, manifest } = project;
  const target = targetOf(board);
  const file = costsFileName(manifest.name);
  const path = join(folder, file);
  const place = placeOf(options.on, board, output);
  const learned = existsSync(path) ? readCosts(path, board.core) : undefined;
  // Figures of another place cannot be compared with new ones.
  const known = learned?.source === place.source ? learned.calls : [];
  // A run that is interrupted ends before the project is written or after it; what it has started ends first.
  const letGo = holdInterrupts(null);
  const { model, measured } = await tuneProject(
    project,
    {
      ...(options.kernels && { kernels: options.kernels }),
      ...(options.optimize && { optimize: options.optimize }),
      ...(options.maxRam !== undefined && { maxRam: options.maxRam }),
      ...(options.maxFlash !== undefined && { maxFlash: options.maxFlash }),
      ...(options.cascade !== undefined && { cascades: options.cascade }),
    },
    known,
    (done, all) => output.progress(`measuring kernels: ${done} of ${all} firmwares`),
    place.meter,
  );
  if (measured.length === 0) throw new UserError("E_USAGE", `${folder} has no layers to measure`);
  const files = firmwareProject([model], board, { mlperf: manifest.mlperf });
  const changes = await writeTree(
    folder,
    new Map([...files, [file, storeCosts({ core: board.core, source: place.source, calls: measured })]]),
  );
  letGo();
  for (const kept of changes.kept) output.note(`kept ${kept}: it was edited since it was generated`);
  // Both by what was measured, so that they can be compared.
  const figures = (one: Pick<typeof model, "program" | "plan">) => ({
    cycles: estimateCycles(one.program, target, measured).cycles,
    arena: one.plan.arenaBytes,
  });
  const [before, after] = [figures(project), figures(model)];
  const line = ({ cycles, arena }: typeof before) => `${compact(cycles)} cycles, arena ${kilobytes(arena)}`;
  output.result(
    {
      ...{ project: folder, name: manifest.name, board: board.name, measured: measured.length, costs: path },
      ...{ before, after, choice: model.manifest.choice, written: changes.written.length },
    },
    [
      `${folder}: ${measured.length} calls of kernels measured by the ${place.source}, kept in ${path}`,
      `  before: ${line(before)}`,
      `  after:  ${line(after)}`,
      `  ${model.manifest.choice.why}`,
      `next: onnx2mcu ${place.meter ? "flash" : "build"} ${folder}`,
    ].join("\n"),
  );
  return undefined;
}
