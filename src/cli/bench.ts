import { benchProject } from "../device/profile/bench.js";
import { openProject } from "../project/open.js";
import { type AddCommand, action } from "./command.js";
import { jsonOption, modelOption } from "./options.js";
import { compact, kilobytes, table } from "./output.js";

export const bench: AddCommand = (program) => {
  program
    .command("bench")
    .description("count instructions, cycles, flash and RAM of a built firmware in the simulator")
    .argument("<firmware>", "folder that `generate` wrote and `build` built")
    .addOption(modelOption())
    .addOption(jsonOption())
    .addHelpText("after", "\nExample:\n  $ onnx2mcu bench firmware/ --json")
    .action(
      action<{ json?: boolean; model?: string }>(async ([folder], options, output) => {
        const result = await benchProject(openProject(folder, options.model));
        const rows = result.layers.map((l, i) => [i, l.operator, l.macs, l.instructions, l.cycles ?? "-", l.name]);
        const { flash, ram, support } = result;
        const how = result.cyclesExact ? "cycles" : "modelled cycles without wait states";
        const cycles =
          result.cycles === null
            ? `no cycle model for ${result.core}`
            : `${compact(result.cycles)} ${how} (${result.cycleModel})`;
        const text = [
          `${result.board}: ${compact(result.instructions)} instructions, ${cycles}, ${compact(result.macs)} multiply-accumulates`,
          `flash ${kilobytes(flash.total)}: code ${kilobytes(flash.code)}, weights and tables ${kilobytes(flash.weights)}`,
          ...(result.external === undefined
            ? []
            : [`outside the firmware: ${kilobytes(result.external)} of weights and tables`]),
          `RAM ${kilobytes(ram.total)}: arena ${kilobytes(ram.arena)}, static ${kilobytes(ram.static)}, stack ${kilobytes(ram.stack)}`,
          `board support and link besides: flash ${kilobytes(support.flash)}, RAM ${kilobytes(support.ram)}`,
          "",
          table(["layer", "operator", "MACs", "instructions", "cycles", "node"], rows),
        ];
        output.result(result, text.join("\n"));
        return undefined;
      }),
    );
};
