/** What a firmware computes on where only its cost counts. */
import { bytesPerElement, elementCount } from "../../graph/ir.js";
import { pattern } from "../../host/pattern.js";
import type { Project } from "../../project/open.js";
import { type Profile, profileProject } from "./profile.js";

/** Float inputs get real numbers between -1 and 1. */
export function benchInputs({ program }: Project): Uint8Array[] {
  return program.inputs.map((id) => {
    const { type, shape } = program.tensors[id];
    const count = elementCount(shape);
    if (type !== "float32") return pattern(count * bytesPerElement(type));
    return new Uint8Array(Float32Array.from(pattern(count), (b) => b / 128 - 1).buffer);
  });
}

/** Counts of an inference in the simulator. */
export const profileOf = (project: Project): Promise<Profile> => profileProject(project, benchInputs(project));
