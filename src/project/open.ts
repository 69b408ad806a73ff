/** A generated project read back: what validate and bench need, so that they take no model. */
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { type Board, loadBoard } from "../device/boards.js";
import type { Manifest } from "../emit/manifest.js";
import { INTERNAL } from "../emit/weights.js";
import { UserError } from "../errors.js";
import { loadProgram } from "../host/store.js";
import type { Plan } from "../plan/plan.js";
import { requestOf } from "../select/select.js";
import type { ProjectModel } from "./platformio.js";

/** A project, seen from one of its models. */
export interface Project extends ProjectModel {
  readonly folder: string;
  readonly board: Board;
  /** Names of all its models, in the order of the firmware. */
  readonly models: readonly string[];
}

function notAProject(folder: string): never {
  throw new UserError(
    "E_NOT_A_PROJECT",
    `${folder} is no firmware project of onnx2mcu; create one with \`onnx2mcu generate\``,
  );
}

const MANIFEST = "_manifest.json";

/** Names of the models of a project, sorted as its firmware has them. Throws E_NOT_A_PROJECT. */
export function modelsOf(folder: string): string[] {
  const isFolder = statSync(folder, { throwIfNoEntry: false })?.isDirectory() === true;
  const names = isFolder ? readdirSync(folder).filter((file) => file.endsWith(MANIFEST)) : [];
  if (names.length === 0) notAProject(folder);
  return names.map((file) => file.slice(0, -MANIFEST.length)).sort();
}

/**
 * @param model name, needed when the project has several
 * @throws UserError E_NOT_A_PROJECT, E_USAGE for a model that the project does not have.
 */
export function openProject(folder: string, model?: string): Project {
  const models = modelsOf(folder);
  const name = model ?? models[0];
  if (!models.includes(name) || (model === undefined && models.length > 1)) {
    throw new UserError("E_USAGE", `${folder} holds the models ${models.join(", ")}: choose one with --model`);
  }
  const reference = join(folder, "reference", name);
  if (!existsSync(join(reference, "firmware.json"))) notAProject(folder);
  const read = (path: string) => readFileSync(path, "utf8");
  let manifest: Manifest;
  let plan: Plan;
  try {
    const stored = JSON.parse(read(join(folder, `${name}${MANIFEST}`)));
    // What older manifests do not say: weights were part of the firmware, and what was asked for is lost but for this.
    manifest = { weights: INTERNAL, request: requestOf({ optimize: stored.choice?.optimize }), ...stored };
    plan = JSON.parse(read(join(reference, "plan.json")));
  } catch {
    return notAProject(folder);
  }
  if (manifest.tool !== "onnx2mcu" || manifest.name !== name || !plan) notAProject(folder);
  const float = join(reference, "float.json");
  return {
    folder,
    models,
    manifest,
    board: loadBoard(manifest.board),
    program: loadProgram(read(join(reference, "firmware.json"))),
    plan,
    ...(existsSync(float) && { float: loadProgram(read(float)) }),
  };
}
