/**
 * Tunes a generated project: measures every way to compute its layers in a simulator or on a board, chooses anew by what
 * was measured, and gives the project as it is then.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Board, usableFlash, usableRam } from "../device/boards.js";
import { manifestOf } from "../emit/manifest.js";
import { modelView } from "../emit/view.js";
import { INTERNAL } from "../emit/weights.js";
import { UserError } from "../errors.js";
import { type Program, plainProgram, type Step } from "../graph/program.js";
import { writeTree } from "../io/files.js";
import type { Target } from "../kernels/variant.js";
import { planMemory } from "../plan/plan.js";
import { firmwareMemories } from "../project/board_limits.js";
import { openProject, type Project } from "../project/open.js";
import { firmwareProject, type ProjectModel } from "../project/platformio.js";
import { targetWith } from "../project/weights.js";
import type { MeasuredCall } from "../select/costs.js";
import { askedTarget, type Request, selectKernels } from "../select/select.js";
import { joinMeans } from "../select/split_means.js";
import { type Candidate, candidatesOf, measuringProgram, outputBytes, roundsOf } from "./candidates.js";
import { type Meter, simulatorMeter } from "./meters.js";

/** Flash and RAM of the board that the measuring firmware leaves to link, main program and stack, bytes. */
const RESERVED_FLASH = 40_000;
const RESERVED_RAM = 6_000;

/** A project whose kernels were chosen by measurements. */
export interface Tuned {
  readonly model: ProjectModel;
  readonly measured: readonly MeasuredCall[];
}

/**
 * Measures the given candidates of a program, and the fastest option of each of its steps.
 * @param folder of the measuring project; one after the other take the same, so that only what changed is compiled
 * @throws UserError what the meter throws
 */
async function measure(
  project: Project,
  meter: Meter,
  folder: string,
  program: Program,
  fastest: readonly Step[],
  round: readonly Candidate[],
): Promise<MeasuredCall[]> {
  const { board, manifest } = project;
  const measuring = measuringProgram(program, fastest, round);
  const plan = planMemory(measuring.program, { ioBuffers: manifest.ioBuffers });
  const view = modelView(measuring.program, plan, manifest.name);
  const model = {
    manifest: { ...manifest, signature: view.signature, weights: INTERNAL },
    program: measuring.program,
    plan,
  };
  await writeTree(folder, firmwareProject([model], board));
  const layers = await meter(openProject(folder));
  return plan.steps.map((index, layer) => ({ call: measuring.calls[index], ...layers[layer] }));
}

/** A folder for as long as something is done in it; one that is interrupted leaves none either. */
async function withFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), "onnx2mcu-tune-"));
  const remove = () => rmSync(folder, { recursive: true, force: true });
  process.once("exit", remove);
  try {
    return await work(folder);
  } finally {
    process.off("exit", remove);
    remove();
  }
}

/** Candidates in firmware that the board can hold: what does not fit it even alone is left to the estimates. */
function roundsFor(program: Program, candidates: readonly Candidate[], board: Board, arena: number): Candidate[][] {
  const flash = Math.max(0, usableFlash(board) / 2 - RESERVED_FLASH);
  const ram = Math.max(0, usableRam(board) - RESERVED_RAM - arena);
  const added = ({ option, index }: Candidate) =>
    outputBytes(program, program.steps[index]) + (option.step.implementation ?? option.step).scratchBytes;
  return roundsOf(
    candidates.filter((candidate) => added(candidate) <= ram),
    flash,
  );
}

/** The simulator of a board. Throws E_USAGE where there is none. */
function simulatorOf({ name, core, simulator }: Board): Meter {
  if (simulator) return simulatorMeter;
  throw new UserError(
    "E_USAGE",
    `${name} has no simulator to measure in; connect it and tune --on its port, or tune a project for a simulated board of the core ${core} and give its costs to generate --costs`,
  );
}

/** The plain program of a project, the ways to compute each of its steps, and what calls take that were measured. */
interface MeasuredProject extends Pick<ReturnType<typeof candidatesOf>, "options"> {
  readonly plain: Program;
  readonly calls: readonly MeasuredCall[];
}

/**
 * Measures every way to compute the layers of a project, as far as its board can hold it.
 * @param known calls whose cost was measured before; they are not measured again
 * @param onProgress rounds of candidates that are done, and how many there are
 * @throws UserError what the meter throws
 */
export async function measureCalls(
  project: Project,
  target: Target,
  known: readonly MeasuredCall[],
  onProgress: (done: number, all: number) => void,
  meter: Meter,
): Promise<MeasuredProject> {
  const plain = joinMeans(plainProgram(project.program));
  const { program, options, candidates } = candidatesOf(plain, target, known);
  const fastest = options.map((list) => list.reduce((best, one) => (one.cycles < best.cycles ? one : best)).step);
  const fitting = roundsFor(program, candidates, project.board, project.manifest.arena.bytes);
  // On a board without room beside the program, the program alone.
  const rounds = fitting.length === 0 && candidates.length > 0 ? [[]] : fitting;
  const measured = new Map(known.map((one) => [one.call, one]));
  await withFolder(async (folder) => {
    for (const [done, round] of rounds.entries()) {
      onProgress(done, rounds.length);
      for (const one of await measure(project, meter, folder, program, fastest, round)) measured.set(one.call, one);
    }
  });
  onProgress(rounds.length, rounds.length);
  return { plain, options, calls: [...measured.values()] };
}

/**
 * @param options in place of what the project was generated with
 * @param known, onProgress see measureCalls
 * @param meter default: the simulator of the board
 * @throws UserError E_USAGE for a board without simulator, what the meter throws, E_DOES_NOT_FIT
 */
export async function tuneProject(
  project: Project,
  options: Partial<Request>,
  known: readonly MeasuredCall[] = [],
  onProgress: (done: number, all: number) => void = () => {},
  meter: Meter = simulatorOf(project.board),
): Promise<Tuned> {
  const { board, manifest } = project;
  const asked = { ...manifest.request, ...options };
  const target = askedTarget(targetWith(board, manifest.weights), asked);
  const { plain, calls } = await measureCalls(project, target, known, onProgress, meter);
  const weights = manifest.weights;
  const tablesInFlash = weights.place === "internal";
  const { ioBuffers } = manifest;
  const chosenSteps = selectKernels(plain, target, {
    ...{ tablesInFlash, ...asked, ioBuffers, measured: calls },
  });
  const memories = firmwareMemories(board, chosenSteps.program, ioBuffers);
  const choice = { ...chosenSteps, plan: planMemory(chosenSteps.program, { ioBuffers, memories }) };
  const view = modelView(choice.program, choice.plan, manifest.name, weights);
  const { opset, producer, file, sha256 } = manifest.model;
  const about = { name: manifest.name, model: { graph: { opset }, producer }, eliminated: manifest.eliminated.layers };
  const renewed = manifestOf({ ...about, ...choice, view, stream: manifest.stream }, board.name, { file, sha256 });
  // Layers that are eliminated, and what was proved of them, are as they were.
  const { eliminated, ortAgreement } = manifest;
  const { program: chosen, plan } = choice;
  const { float } = project;
  return {
    model: { manifest: { ...renewed, eliminated, ortAgreement }, program: chosen, plan, ...(float && { float }) },
    measured: calls,
  };
}
