import { existsSync, readFileSync } from "node:fs";
import { artefacts } from "../device/pio.js";
import { profileOf } from "../device/profile/bench_inputs.js";
import { cycleModelOf } from "../device/profile/cycle_models.js";
import { sizesFromMap } from "../device/size.js";
import { UserError } from "../errors.js";
import { openProject, type Project } from "../project/open.js";
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
        const cycles =
          result.cycles === null
            ? `no cycle model for ${result.core}`
            : `${compact(result.cycles)} modelled cycles without wait states (${result.cycleModel})`;
        const text = [
          `${result.board}: ${compact(result.instructions)} instructions, ${cycles}, ${compact(result.macs)} multiply-accumulates`,
          `flash ${kilobytes(flash.total)}: code ${kilobytes(flash.code)}, weights and tables ${kilobytes(flash.weights)}`,
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

export async function benchProject(project: Project) {
  const { folder, board, manifest, program, plan } = project;
  const { map } = artefacts(folder, board);
  if (!existsSync(map)) {
    throw new UserError("E_TOOL_FAILED", `${folder} is not built yet; run onnx2mcu build ${folder}`);
  }
  const profile = await profileOf(project);
  const { model, support } = sizesFromMap(
    readFileSync(map, "utf8"),
    manifest.name,
    project.models.filter((name) => name !== manifest.name),
  );
  const flash = { code: model.code, weights: model.constants + model.data };
  const ram = { arena: plan.arenaBytes, static: model.data + model.bss, stack: profile.stackBytes };
  // The arena belongs to no library: it is the application's, shared by the models.
  const arenas = project.models.map((name) => openProject(folder, name).plan.arenaBytes);
  const supportRam = support.data + support.bss - Math.max(1, ...arenas);
  return {
    board: board.name,
    core: board.core,
    cycleModel: cycleModelOf(board.core)?.source ?? null,
    instructions: profile.instructions,
    cycles: profile.cycles,
    macs: program.steps.reduce((sum, step) => sum + step.macs, 0),
    flash: { ...flash, total: flash.code + flash.weights },
    ram: { ...ram, total: ram.arena + ram.static + ram.stack },
    support: { flash: support.code + support.constants + support.data, ram: supportRam },
    layers: plan.steps.map((index, i) => {
      const step = program.steps[index];
      return { name: step.node, operator: step.operator, macs: step.macs, ...profile.layers[i] };
    }),
  };
}
