/** What a firmware costs: instructions, modelled cycles, flash and RAM of one inference in the simulator. */
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Compiled } from "../../compile.js";
import { UserError } from "../../errors.js";
import { writeTree } from "../../io/files.js";
import { openProject, type Project } from "../../project/open.js";
import { platformioProject } from "../../project/platformio.js";
import type { Board } from "../boards.js";
import { artefacts, buildProject } from "../pio.js";
import { simulatorKind } from "../simulator.js";
import { sizesFromMap } from "../size.js";
import { profileOf } from "./bench_inputs.js";

/** Counts an inference of a built project and measures its sections. Throws E_TOOL_FAILED when it is not built. */
export async function benchProject(project: Project) {
  const { folder, board, manifest, program, plan } = project;
  const { map } = artefacts(folder, board);
  if (!existsSync(map)) {
    throw new UserError("E_TOOL_FAILED", `${folder} is not built yet; run onnx2mcu build ${folder}`);
  }
  const profile = await profileOf(project);
  const cycles = simulatorKind(board).cycles(board);
  const { model, support } = sizesFromMap(
    readFileSync(map, "utf8"),
    manifest.name,
    project.models.filter((name) => name !== manifest.name),
  );
  const flash = { code: model.code, weights: model.constants + model.data };
  const ram = { arena: plan.arenaBytes, static: model.data + model.bss, stack: profile.stackBytes };
  // The arena belongs to no library: it is the application's, shared by the models. Parts in other memories are no .bss.
  const arenas = project.models.map((name) => {
    const { parts, arenaBytes } = openProject(folder, name).plan;
    return parts ? parts[0].bytes : arenaBytes;
  });
  const supportRam = support.data + support.bss - Math.max(1, ...arenas);
  return {
    board: board.name,
    core: board.core,
    cycleModel: cycles?.source ?? null,
    /** Counted, not modelled. */
    cyclesExact: cycles?.exact ?? false,
    instructions: profile.instructions,
    cycles: profile.cycles,
    macs: program.steps.reduce((sum, step) => sum + step.macs, 0),
    flash: { ...flash, total: flash.code + flash.weights },
    ...("file" in manifest.weights && { external: manifest.weights.bytes }),
    ram: { ...ram, total: ram.arena + ram.static + ram.stack },
    support: { flash: support.code + support.constants + support.data, ram: supportRam },
    layers: plan.steps.map((index, i) => {
      const step = program.steps[index];
      return { name: step.node, operator: step.operator, macs: step.macs, ...profile.layers[i] };
    }),
  };
}

export type Bench = Awaited<ReturnType<typeof benchProject>>;

/** The same of a compiled model, whose project is written and built for it and then removed. Throws E_TOOL_..., E_LINK. */
export async function benchCompiled(compiled: Compiled, board: Board): Promise<Bench> {
  const folder = mkdtempSync(join(tmpdir(), "onnx2mcu-"));
  try {
    await writeTree(folder, platformioProject(compiled, board, { file: "model.onnx", sha256: "" }));
    await buildProject(folder, board);
    return await benchProject(openProject(folder));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
