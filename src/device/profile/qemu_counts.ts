/**
 * Instruction counts of qemu: its plugin (boards/profile/plugin.c) counts translation blocks between marks, and the
 * disassembly of the ELF turns them into modelled cycles.
 */
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync } from "node:fs";
import { join } from "node:path";
import { UserError } from "../../errors.js";
import { packagePath } from "../../io/package_path.js";
import type { Board } from "../boards.js";
import { cacheFolder } from "../pio.js";
import { runTool } from "../process.js";
import type { Cost } from "./cost.js";
import { cycleModelOf } from "./cycle_models.js";
import type { CycleModel, Instruction } from "./instruction.js";

interface Block {
  readonly address: number;
  readonly instructions: number;
  readonly executions: number;
  /** Address of a block -> how often it came next. */
  readonly followedBy: ReadonlyMap<number, number>;
}

/** Output of the plugin -> one list of blocks per stretch between marks. */
export function parseCounts(text: string): Block[][] {
  const stretches: Block[][] = [];
  let followedBy = new Map<number, number>();
  for (const line of text.split("\n")) {
    const [kind, address, ...counts] = line.split(" ");
    if (kind === "S") stretches.push([]);
    if (kind === "T") {
      const [instructions, executions] = counts.map(Number);
      followedBy = new Map();
      stretches[stretches.length - 1].push({
        address: Number.parseInt(address, 16),
        ...{ instructions, executions, followedBy },
      });
    }
    if (kind === "F") followedBy.set(Number.parseInt(address, 16), Number(counts[0]));
  }
  return stretches;
}

interface Code {
  /** Address -> index in the list. */
  readonly at: ReadonlyMap<number, number>;
  readonly list: readonly (Instruction & { readonly address: number })[];
}

/** objdump -d -> instructions by address, in order. */
export function parseDisassembly(text: string): Code {
  const at = new Map<number, number>();
  const list: (Instruction & { address: number })[] = [];
  for (const line of text.split("\n")) {
    const match = /^\s*([0-9a-f]+):\t[0-9a-f ]+\t(\S+)\s*([^;@]*)/.exec(line);
    if (!match) continue;
    const address = Number.parseInt(match[1], 16);
    at.set(address, list.length);
    list.push({ address, mnemonic: match[2], operands: match[3].trim() });
  }
  return { at, list };
}

/** The plugin, compiled once per source. */
export async function pluginPath(): Promise<string> {
  const source = packagePath("boards", "profile", "plugin.c");
  const hash = createHash("sha256").update(readFileSync(source)).digest("hex").slice(0, 16);
  const path = join(cacheFolder(), `profile-${hash}.so`);
  if (existsSync(path)) return path;
  mkdirSync(cacheFolder(), { recursive: true });
  const aside = `${path}.${process.pid}.tmp`;
  await runTool("cc", ["-O2", "-shared", "-fPIC", "-o", aside, source]);
  renameSync(aside, path);
  return path;
}

/** How often a block was left for another place than the instruction `next` behind it. */
function taken({ followedBy }: Block, next: number, { list }: Code): number {
  const behind = list[next]?.address;
  let count = 0;
  for (const [address, times] of followedBy) count += address === behind ? 0 : times;
  return count;
}

/** Sums over blocks. Throws E_TOOL_FAILED for one that the code does not have. */
export function costOf(blocks: readonly Block[], code: Code, model: CycleModel | undefined): Cost {
  let instructions = 0;
  let cycles = 0;
  for (const block of blocks) {
    const first = code.at.get(block.address);
    if (first === undefined) {
      throw new UserError(
        "E_TOOL_FAILED",
        `no instruction at 0x${block.address.toString(16)}; build the project again`,
      );
    }
    instructions += block.instructions * block.executions;
    if (!model || block.instructions === 0) continue;
    const run = code.list.slice(first, first + block.instructions);
    cycles +=
      model.blockCycles(run) * block.executions +
      model.takenCycles(run[run.length - 1]) * taken(block, first + block.instructions, code);
  }
  return { instructions, cycles: model ? Math.round(cycles) : null };
}

/** Output of the plugin -> the cost of each stretch. Throws E_TOOL_... */
export async function qemuCosts(counts: string, { core, build }: Board, elf: string): Promise<Cost[]> {
  const code = parseDisassembly(await runTool(`${build?.prefix ?? ""}objdump`, ["-d", elf]));
  const model = cycleModelOf(core);
  return parseCounts(counts).map((blocks) => costOf(blocks, code, model));
}
