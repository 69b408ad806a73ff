/** Exact instruction counts and cycles per layer, of one inference in the simulator. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { UserError } from "../../errors.js";
import type { Project } from "../../project/open.js";
import { childTransport } from "../child_transport.js";
import { linkClient } from "../link/client.js";
import { runTool } from "../process.js";
import { simulatorCommand, simulatorKind } from "../simulator.js";
import { type Cost, sumOfCosts } from "./cost.js";

export interface Profile extends Cost {
  /** In execution order. */
  readonly layers: readonly Cost[];
  readonly stackBytes: number;
}

/** One inference in the simulator, counted. @param inputs stored bytes of each input */
export async function profileProject(project: Project, inputs: readonly Uint8Array[]): Promise<Profile> {
  const { board, plan } = project;
  const { command, args, elf } = simulatorCommand(project);
  const simulator = simulatorKind(board);
  const symbols = await runTool(`${board.build?.prefix ?? ""}nm`, [elf]);
  const mark = /^([0-9a-f]+) . onnx2mcu_mark$/m.exec(symbols)?.[1];
  if (!mark) throw new UserError("E_TOOL_FAILED", `${elf} has no onnx2mcu_mark; bench needs the generated src/main.c`);
  const folder = mkdtempSync(join(tmpdir(), "onnx2mcu-"));
  try {
    const out = join(folder, "counts");
    const counting = await simulator.countingArguments(Number.parseInt(mark, 16), out);
    const client = linkClient(childTransport(command, [...args, ...counting]), { timeoutMs: 20_000 });
    let stackBytes: number;
    try {
      await client.info();
      for (const [i, bytes] of inputs.entries()) await client.write(i, bytes);
      ({ stackBytes } = await client.run());
    } finally {
      await client.close();
    }
    const costs = await simulator.costs(readFileSync(out, "utf8"), board, elf);
    return { ...sumOfCosts(costs), layers: costs.slice(0, plan.steps.length), stackBytes };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
