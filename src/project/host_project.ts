/** A project as this computer runs it: with plain C in the place of what is written for the instructions of its board. */
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { loadBoard } from "../device/boards.js";
import { cacheFolder } from "../device/pio.js";
import { modelView } from "../emit/view.js";
import { INTERNAL } from "../emit/weights.js";
import { kernelSteps, type Program, plainProgram } from "../graph/program.js";
import { writeTree } from "../io/files.js";
import { isPortable } from "../kernels/variants/index.js";
import { planMemory } from "../plan/plan.js";
import { openProject, type Project } from "./open.js";
import { firmwareProject, type ProjectModel } from "./platformio.js";

const isPlain = ({ steps }: Program) => steps.flatMap(kernelSteps).every(isPortable);

function plainModel({ program: chosen, plan: chosenPlan, manifest, float }: ProjectModel): ProjectModel {
  const program = plainProgram(chosen);
  const plan = planMemory(program, { ioBuffers: chosenPlan.ioBuffers });
  const { signature } = modelView(program, plan, manifest.name);
  return {
    manifest: { ...manifest, board: "host", signature, weights: INTERNAL },
    program,
    plan,
    ...(float && { float }),
  };
}

/**
 * The project itself where it is a PlatformIO project, all its kernels are plain C and its weights part of it; else one of
 * the same models with plain kernels, in the cache under the hash of its files.
 */
export async function hostProject(project: Project): Promise<Project> {
  const models = project.models.map((name) => openProject(project.folder, name));
  const isOwn = ({ program, manifest }: Project) => isPlain(program) && manifest.weights.place === "internal";
  if (!project.manifest.format && models.every(isOwn)) return project;
  const files = firmwareProject(models.map(plainModel), loadBoard("host"));
  const hash = createHash("sha256")
    .update(JSON.stringify([...files]))
    .digest("hex");
  const folder = join(cacheFolder(), "host", `project-${hash.slice(0, 16)}`);
  if (!existsSync(folder)) await writeTree(folder, files);
  return openProject(folder, project.manifest.name);
}
