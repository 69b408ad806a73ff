/** A generated project read back: what validate and bench need, so that they take no model. */
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { type Board, loadBoard } from "../device/boards.js";
import type { Manifest } from "../emit/manifest.js";
import { UserError } from "../errors.js";
import type { Program } from "../graph/program.js";
import { loadProgram } from "../host/store.js";
import type { Plan } from "../plan/plan.js";

export interface Project {
  readonly folder: string;
  readonly manifest: Manifest;
  readonly board: Board;
  readonly program: Program;
  readonly plan: Plan;
  /** Absent for a model that came quantised. */
  readonly float?: Program;
}

function notAProject(folder: string): never {
  throw new UserError(
    "E_NOT_A_PROJECT",
    `${folder} is no firmware project of onnx2mcu; create one with \`onnx2mcu generate\``,
  );
}

/** Throws E_NOT_A_PROJECT. */
export function openProject(folder: string): Project {
  const isFolder = statSync(folder, { throwIfNoEntry: false })?.isDirectory() === true;
  const names = isFolder ? readdirSync(folder).filter((file) => file.endsWith("_manifest.json")) : [];
  if (names.length !== 1 || !existsSync(join(folder, "reference", "firmware.json"))) notAProject(folder);
  const read = (...path: string[]) => readFileSync(join(folder, ...path), "utf8");
  let manifest: Manifest;
  let plan: Plan;
  try {
    manifest = JSON.parse(read(names[0]));
    plan = JSON.parse(read("reference", "plan.json"));
  } catch {
    return notAProject(folder);
  }
  if (manifest?.tool !== "onnx2mcu" || !plan) notAProject(folder);
  const float = join(folder, "reference", "float.json");
  return {
    folder,
    manifest,
    board: loadBoard(manifest.board),
    program: loadProgram(read("reference", "firmware.json")),
    plan,
    ...(existsSync(float) && { float: loadProgram(read("reference", "float.json")) }),
  };
}
