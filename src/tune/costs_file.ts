/** The costs that tuning learned, as a file: `<name>_costs.json` of a project, which `generate --costs` reads. */
import { readFileSync } from "node:fs";
import { z } from "zod";
import { UserError } from "../errors.js";
import type { MeasuredCall } from "../select/costs.js";

const schema = z.strictObject({
  core: z.string().min(1),
  source: z.string().min(1),
  calls: z.array(
    z.strictObject({
      call: z.string().min(1),
      cycles: z.number().nonnegative(),
      instructions: z.number().nonnegative().optional(),
    }),
  ),
});

export const costsFileName = (model: string): string => `${model}_costs.json`;

/** Costs of calls on a core, and where they were measured. */
export interface LearnedCosts {
  readonly core: string;
  /** In words; figures of one source can be compared. */
  readonly source: string;
  readonly calls: readonly MeasuredCall[];
}

export function storeCosts({ core, source, calls }: LearnedCosts): string {
  return `${JSON.stringify({ core, source, calls }, null, 1)}\n`;
}

/** Throws E_USAGE when the file is none of costs, or of another core. */
export function readCosts(path: string, core: string): LearnedCosts {
  let content: unknown;
  try {
    content = JSON.parse(readFileSync(path, "utf8"));
  } catch {
    throw new UserError("E_USAGE", `--costs ${path} cannot be read as JSON; give a file that onnx2mcu tune wrote`);
  }
  const parsed = schema.safeParse(content);
  if (!parsed.success) {
    throw new UserError("E_USAGE", `--costs ${path} holds no costs; give a file that onnx2mcu tune wrote`);
  }
  if (parsed.data.core !== core) {
    throw new UserError(
      "E_USAGE",
      `--costs ${path} was measured on ${parsed.data.core}, the board has ${core}; tune a project for that core`,
    );
  }
  return parsed.data;
}
