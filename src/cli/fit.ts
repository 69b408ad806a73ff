import { InvalidArgumentError, Option } from "commander";
import { prepare } from "../compile.js";
import { type Board, isReal, listBoards } from "../device/boards.js";
import { EXIT } from "../errors.js";
import { changeFor, type Demands, type Fit, fitOf, objectiveFor } from "../fit/fit.js";
import { type Needs, needsKey, needsOf } from "../fit/needs.js";
import type { Shape } from "../graph/ir.js";
import type { Optimize } from "../select/select.js";
import { addBoardFilters, type BoardFilter, filterBoards } from "./boards.js";
import { type AddCommand, action } from "./command.js";
import { calibrationFrom, jsonOption, layoutOption, shapeOption } from "./options.js";
import { type Output, table } from "./output.js";

interface Options extends BoardFilter {
  json?: boolean;
  calibration?: string;
  precision: "int8" | "float32";
  optimize: Optimize;
  latency?: number;
  battery?: number;
  every?: number;
  measure: boolean;
  shape?: ReadonlyMap<string, Shape>;
  inputLayout?: "nhwc" | "nchw";
}

/** "50ms", "2s", "1min", "1h" -> seconds. */
function duration(text: string): number {
  const [, number, unit = ""] = /^(\d+(?:\.\d+)?)(us|ms|s|min|h)$/.exec(text) ?? [];
  const seconds = { us: 1e-6, ms: 1e-3, s: 1, min: 60, h: 3600 }[unit];
  if (seconds === undefined || !(Number(number) > 0)) throw new InvalidArgumentError("expected a time, as 50ms or 10s");
  return Number(number) * seconds;
}

function capacity(text: string): number {
  const [, number, unit] = /^(\d+(?:\.\d+)?)(mAh|Ah)$/.exec(text) ?? [];
  if (!(Number(number) > 0)) throw new InvalidArgumentError("expected a charge, as 1000mAh");
  return Number(number) * (unit === "Ah" ? 1000 : 1);
}

export const fit: AddCommand = (program) => {
  const command = program
    .command("fit")
    .description(
      "which boards can run a model: flash, RAM, time, energy, battery life, and what would help those that cannot",
    )
    .argument("<model.onnx>")
    .option("--calibration <data>", "example inputs for int8: .npz (array calibration), .npy or .csv")
    .addOption(new Option("--precision <type>", "of the firmware").choices(["int8", "float32"]).default("int8"))
    .addOption(
      new Option("--optimize <goal>", "as in generate")
        .choices(["speed", "balanced", "ram", "flash"])
        .default("balanced"),
    )
    .option("--latency <time>", "an inference may take no longer: 50ms", duration)
    .option("--battery <charge>", "capacity of a battery: 1000mAh", capacity)
    .option("--every <time>", "from one inference to the next, with --battery: 10s", duration)
    .option("--no-measure", "estimate, without building firmware and counting in simulators: faster and rougher")
    .addOption(shapeOption())
    .addOption(layoutOption())
    .addOption(jsonOption())
    .addHelpText(
      "after",
      "\nWithout --real and --simulated it looks at real boards. Exit status 5: no board can run it.\n\nExamples:\n" +
        "  $ onnx2mcu fit model.onnx --calibration data.npz --latency 50ms\n" +
        "  $ onnx2mcu fit model.onnx --calibration data.npz --vendor arduino --battery 1000mAh --every 10s",
    )
    .action(action<Options>(([path], options, output) => run(path, options, output)));
  addBoardFilters(command);
};

interface Line extends Fit {
  /** What would make it fit; null when it does. */
  readonly change: string | null;
}

async function run(path: string, options: Options, output: Output): Promise<number> {
  const prepared = prepare(path, {
    ...{ precision: options.precision, shapes: options.shape, inputLayout: options.inputLayout },
    ...(options.calibration && { calibration: calibrationFrom(options.calibration) }),
  });
  const wanted = filterBoards(listBoards(), options).filter(
    (board) => board.name !== "host" && (options.simulated || isReal(board)),
  );
  const demands: Demands = {
    ...(options.latency !== undefined && { latency: options.latency }),
    ...(options.battery !== undefined && { battery: { capacity: options.battery, every: options.every ?? 10 } }),
  };
  const known = new Map<string, Promise<Needs>>();
  const needs = (board: Board, optimize: Optimize) => {
    // A simulated board is measured on itself.
    const key = needsKey(board, optimize) + (board.simulator ? board.name : "");
    const found = known.get(key) ?? needsOf(prepared, board, optimize, options.measure);
    known.set(key, found);
    return found;
  };
  const lines: Line[] = [];
  for (const [i, board] of wanted.entries()) {
    output.progress(`${board.name}: ${board.core} (${i + 1}/${wanted.length})`);
    const here = fitOf(board, await needs(board, options.optimize), demands);
    const objective = objectiveFor(here);
    const better = here.fits ? here : fitOf(board, await needs(board, objective), demands);
    const change = here.fits ? null : changeFor(here, better, objective, options.precision === "float32");
    lines.push({ ...here, change });
  }
  const fitting = lines.filter(({ fits }) => fits).toSorted((a, b) => a.latency.value - b.latency.value);
  const others = lines
    .filter(({ fits }) => !fits)
    .toSorted((a, b) => a.ram.needs / a.ram.has - b.ram.needs / b.ram.has);
  output.result({ boards: [...fitting, ...others] }, textOf(fitting, others, demands));
  return fitting.length > 0 ? EXIT.ok : EXIT.doesNotFit;
}

const figure = (value: number) => (value >= 100 ? Math.round(value).toLocaleString("en") : value.toPrecision(3));
const off = ({ error }: { error: number }) => `±${Math.round(100 * error)} %`;

function textOf(fitting: readonly Line[], others: readonly Line[], { battery }: Demands): string {
  const share = ({ needs, has }: { needs: number; has: number }) =>
    `${(needs / 1000).toFixed(1)} of ${(has / 1000).toFixed(0)} KB`;
  const header = ["board", "flash", "RAM", "time", "energy", ...(battery ? ["battery"] : [])];
  const rows = fitting.map((line) => [
    ...[line.board, share(line.flash), share(line.ram), `${figure(1000 * line.latency.value)} ms ${off(line.latency)}`],
    line.energy ? `${figure(line.energy.value)} mJ ${off(line.energy)}` : "-",
    ...(battery ? [line.batteryDays ? `${figure(line.batteryDays.value)} days ${off(line.batteryDays)}` : "-"] : []),
  ]);
  return [
    ...(fitting.length > 0
      ? [`${fitting.length} boards can run it, the fastest first:`, table(header, rows)]
      : ["no board can run it"]),
    ...(others.length > 0
      ? [
          "",
          `${others.length} boards cannot:`,
          table(
            ["board", "what is short", "what would help"],
            others.map(({ board, limits, change }) => [board, limits.join(", "), change ?? ""]),
          ),
        ]
      : []),
    "",
    "Flash and RAM are of the model, the link and the main program; a framework takes flash besides.",
  ].join("\n");
}
