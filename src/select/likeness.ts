/** Cores of which nothing is measured and no timing is published: which other core they are like, and how much faster. */
import { readFileSync } from "node:fs";
import { z } from "zod";
import { invariant } from "../errors.js";
import { packagePath } from "../io/package_path.js";

const likenessSchema = z.record(
  z.string(),
  z.strictObject({
    like: z.string().min(1).describe("a core with a table in boards/costs"),
    sameInstructions: z.boolean().describe("the other core runs its code: a cycle model of that core reads it"),
    cycles: z.number().positive().describe("its cycles by those of the other core, for the same work"),
    error: z.number().positive().max(1).describe("share by which cycles may be wrong"),
    source: z.string().min(1).describe("where the figures come from, in one sentence for reports"),
  }),
);

export type Likeness = Readonly<z.infer<typeof likenessSchema>[string]>;

let likenesses: ReadonlyMap<string, Likeness> | undefined;

/** boards/profile/likeness.json, by core: the one place that says so. */
export function listLikenesses(): ReadonlyMap<string, Likeness> {
  if (!likenesses) {
    const parsed = likenessSchema.safeParse(
      JSON.parse(readFileSync(packagePath("boards", "profile", "likeness.json"), "utf8")),
    );
    invariant(parsed.success, `boards/profile/likeness.json: ${parsed.error?.issues[0].message}`);
    likenesses = new Map(Object.entries(parsed.data));
  }
  return likenesses;
}

/** Undefined for a core that is measured, and for one of which nothing is known. */
export const likenessOf = (core: string): Likeness | undefined => listLikenesses().get(core);
