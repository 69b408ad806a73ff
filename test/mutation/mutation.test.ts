/**
 * Untrusted models: damaged ones give a result or a coded error, in bounded time and memory. One mutant again, by the
 * name that a failure prints:
 *
 *     MUTANT='cycle|digits|17' npx vitest run test/mutation
 *
 * and another set of them, here 20,000 from seed 1,000,000 on: MUTANTS=20000 SEED=1000000.
 */
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { buildDist } from "../cli/run.js";
import { hasShared } from "../shared.js";
import { CompilerProcess, type Job, type Outcome } from "./compiler_process.js";
import { nodeTestModels, type Original, ownModels, sharedModels } from "./models.js";
import { DAMAGES, mutant } from "./mutate.js";
import { randomFrom } from "./random.js";

const MUTANTS = Number(process.env.MUTANTS ?? 5000);
const FIRST_SEED = Number(process.env.SEED ?? 0);
const SECONDS = 2;
const MEBIBYTES = 512;
const classes = Object.keys(DAMAGES);

let folder: string;
const compiler = new CompilerProcess();

beforeAll(async () => {
  await buildDist();
  folder = mkdtempSync(join(tmpdir(), "onnx2mcu-mutants-"));
  mkdirSync(join(folder, "model"));
  writeFileSync(join(folder, "secret.bin"), new Uint8Array(64));
  writeFileSync(join(folder, "model", "short.bin"), new Uint8Array(3));
  symlinkSync(join(folder, "secret.bin"), join(folder, "model", "link.bin"));
  symlinkSync(folder, join(folder, "model", "up"));
  try {
    execFileSync("mkfifo", [join(folder, "model", "fifo")]);
  } catch {
    // A machine without named pipes: the file is missing then, which is refused as well.
  }
});
afterAll(() => {
  compiler.stop();
  rmSync(folder, { recursive: true });
});

interface Mutant {
  readonly damage: string;
  readonly model: Original;
  readonly seed: number;
}

const label = ({ damage, model, seed }: Mutant) => `${damage}|${model.name}|${seed}`;

function jobOf({ damage, model, seed }: Mutant): Job {
  return {
    bytes: mutant(model.bytes, damage, seed),
    precision: randomFrom(seed).chance(0.3) ? "int8" : "float32",
    ...(damage === "external data" && { file: join(folder, "model", "model.onnx") }),
  };
}

const isExcessive = ({ milliseconds, peakBytes }: Outcome) =>
  milliseconds > SECONDS * 1000 || peakBytes > MEBIBYTES * 2 ** 20;

/** Alone in a new process that is warm: what the machine did besides, and what was compiled before, do not count. */
async function alone(original: Original, job: Job): Promise<Outcome> {
  compiler.stop();
  await compiler.compile({ bytes: original.bytes, precision: "float32" });
  const outcome = await compiler.compile(job);
  compiler.stop();
  return outcome;
}

async function problemOf(one: Mutant, report: Map<string, number>): Promise<string | undefined> {
  const job = jobOf(one);
  let outcome = await compiler.compile(job);
  if (isExcessive(outcome)) outcome = await alone(one.model, job);
  const { code, problem, milliseconds, peakBytes } = outcome;
  report.set(code ?? "problem", (report.get(code ?? "problem") ?? 0) + 1);
  report.set("slowest (ms)", Math.max(report.get("slowest (ms)") ?? 0, milliseconds));
  if (problem) return problem;
  return isExcessive(outcome) ? `${milliseconds} ms, ${Math.round(peakBytes / 2 ** 20)} MiB` : undefined;
}

/** Mutants of every class, the models by turns; the same every time. */
function mutants(models: readonly Original[], count: number): Mutant[] {
  return Array.from({ length: count }, (_, i) => {
    const seed = FIRST_SEED + i;
    return { damage: classes[seed % classes.length], model: randomFrom(seed + 7).pick(models), seed };
  });
}

async function expectHarmless(all: readonly Mutant[]): Promise<void> {
  const problems: string[] = [];
  const report = new Map<string, number>();
  const start = performance.now();
  for (const one of all) {
    const problem = await problemOf(one, report);
    if (problem) problems.push(`MUTANT='${label(one)}': ${problem}`);
  }
  const seconds = Math.round((performance.now() - start) / 1000);
  console.log(`${all.length} mutants in ${seconds} s:`, Object.fromEntries([...report].sort((a, b) => b[1] - a[1])));
  if (process.env.PROBLEMS) writeFileSync(process.env.PROBLEMS, problems.join("\n"), { flag: "a" });
  expect(problems.slice(0, 20).join("\n"), `${problems.length} mutants do harm`).toBe("");
}

const only = process.env.MUTANT;
const TIMEOUT = Math.max(600_000, MUTANTS * 200);

test.skipIf(only !== undefined)("mutants of the models of this repository", { timeout: TIMEOUT }, async () => {
  const [digits, ...cases] = await ownModels();
  await expectHarmless(
    mutants([...new Array(Math.ceil(cases.length / 4)).fill(digits), ...cases], Math.floor(MUTANTS / 2)),
  );
});

test.skipIf(only !== undefined || !hasShared)(
  "mutants of real models and of ONNX node tests (needs ../shared)",
  { timeout: TIMEOUT },
  async () => {
    const [real, nodes] = [sharedModels(), nodeTestModels()];
    // As many real models as single nodes.
    const repeated = Array.from({ length: Math.max(1, Math.ceil(nodes.length / real.length)) }, () => real).flat();
    await expectHarmless(mutants([...repeated, ...nodes], Math.ceil(MUTANTS / 2)));
  },
);

test.skipIf(only === undefined)("one mutant", async () => {
  const [damage, name, seed] = only!.split("|");
  const models = [...(await ownModels()), ...sharedModels(), ...nodeTestModels()];
  const model = models.find((each) => each.name === name);
  if (!model || !(damage in DAMAGES)) throw new Error(`no class ${damage} or model ${name}`);
  await expectHarmless([{ damage, model, seed: Number(seed) }]);
});

test.skipIf(only !== undefined)("a seed gives the same mutant every time", async () => {
  const [digits] = await ownModels();
  for (const damage of classes) {
    const [first, second] = [1, 2].map(() => mutant(digits.bytes, damage, 5));
    expect(Buffer.compare(first, second), damage).toBe(0);
  }
});

test.skipIf(only !== undefined)("no name, doc string or metadata changes the generated C", async () => {
  const models = [...(await ownModels()), ...sharedModels()].slice(0, 60);
  for (const { name, bytes } of models) {
    for (const precision of ["float32", "int8"] as const) {
      const plain = await compiler.compile({ bytes, precision });
      const hostile = await compiler.compile({ bytes: mutant(bytes, "hostile names", 1), precision });
      expect({ code: hostile.code, hash: hostile.hash, problem: hostile.problem }, `${name} ${precision}`).toEqual({
        code: plain.code,
        hash: plain.hash,
        problem: undefined,
      });
    }
  }
});
