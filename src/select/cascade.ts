/**
 * Makes a cascade of several steps: which rows each stage must have made before the next may run, how many rows of its
 * output live at the same time, and how far the output of the last may overlap the input of the first.
 *
 * After each band of the output every stage has made exactly the rows that the stages after it have needed so far:
 * nothing is computed twice, and rows are given up as soon as nobody is to read them. `runtime-c/include/nn_rows.h` and
 * `templates/c/model.c.hbs` do at run time what `simulate` does here.
 */
import { firmwareCall, type Program, type ProgramTensor, type Stage, type Step } from "../graph/program.js";
import { cFunctionOf, kernelOf } from "../kernels/index.js";
import type { Rows } from "../kernels/rows.js";
import { alignUp, tensorBytes } from "../plan/dataflow.js";

/** Of line buffers; that of scratch is the alignment of the arena. */
const LINES_ALIGNMENT = 8;
const SCRATCH_ALIGNMENT = 16;

/** Step -> its rows, where it can be cut into bands and its tensors have the rows that its neighbours say. */
export function stepRows(program: Program): (Rows | undefined)[] {
  const known = new Map<number, number>();
  const root = (id: number) => program.tensors[id].viewOf ?? id;
  const rowsOf = (step: Step) =>
    step.outputs.length === 1 ? kernelOf(step.kernel).rows?.(step.params, known.get(root(step.outputs[0]))) : undefined;
  const learn = (step: Step, rows: Rows) => {
    if (!rows.accumulates && !known.has(root(step.outputs[0]))) known.set(root(step.outputs[0]), rows.outRows);
    step.inputs.forEach((id, i) => {
      if (!rows.whole.includes(i) && !known.has(root(id))) known.set(root(id), rows.inRows);
    });
  };
  // Kernels of elements have as many rows as what feeds them, or as what they feed.
  for (const step of program.steps) {
    const own = rowsOf(step);
    if (own) learn(step, own);
    else if (kernelOf(step.kernel).rows) {
      const above = step.inputs.map((id) => known.get(root(id))).find((rows) => rows !== undefined);
      const rows = above === undefined ? undefined : kernelOf(step.kernel).rows!(step.params, above);
      if (rows) learn(step, rows);
    }
  }
  for (const step of [...program.steps].reverse()) {
    const rows = rowsOf(step);
    if (rows) learn(step, rows);
  }
  const divides = (id: number, rows: number) =>
    known.get(root(id)) === rows && tensorBytes(program.tensors[id]) % rows === 0;
  return program.steps.map((step) => {
    const rows = rowsOf(step);
    const fits =
      rows &&
      (rows.accumulates || divides(step.outputs[0], rows.outRows)) &&
      step.inputs.every((id, i) => rows.whole.includes(i) || divides(id, rows.inRows));
    return fits ? rows : undefined;
  });
}

/** First row of its input that a stage reads when its next row is `row`. */
const firstRow = ({ stride, padTop }: Rows, row: number) => Math.max(0, row * stride - padTop);
/** Rows of its input that a stage has read when it has made `rows` rows. */
const seenRows = ({ stride, padTop, window, inRows }: Rows, rows: number) =>
  Math.min(inRows, (rows - 1) * stride - padTop + window);

interface Part {
  readonly step: Step;
  readonly rows: Rows;
  /** Index of the stage that writes each input; undefined: it comes from outside. */
  readonly writers: readonly (number | undefined)[];
}

interface Schedule {
  /** Stage -> rows of its line buffer. */
  readonly lines: readonly number[];
  readonly lead: number;
  readonly leadInPlace: number;
  /** Rows moved to the front of line buffers, in bytes, over the whole run. */
  readonly movedBytes: number;
  /** Stage -> rows of its output that each call makes. */
  readonly bands: readonly (readonly number[])[];
}

/** Runs the rows of all stages. @param outer bytes of a row of the input `over` and of the output, or of all of that */
function simulate(
  parts: readonly Part[],
  band: number,
  over: number,
  outer: { readonly input: number; readonly output: number },
  rowBytes: readonly number[],
): Schedule {
  const last = parts.length - 1;
  const consumers = parts.map((_, stage) => parts.flatMap(({ writers }, by) => (writers.includes(stage) ? [by] : [])));
  const readers = parts.flatMap(({ step, rows, writers }, stage) =>
    step.inputs.some((id, i) => id === over && writers[i] === undefined && !rows.whole.includes(i)) ? [stage] : [],
  );
  const made = parts.map(() => 0);
  const first = parts.map(() => 0);
  const lines = parts.map(() => 0);
  let lead = Number.NEGATIVE_INFINITY;
  let leadInPlace = Number.NEGATIVE_INFINITY;
  let movedBytes = 0;
  const bands: number[][] = parts.map(() => []);
  const height = parts[last].rows.outRows;
  while (made[last] < height) {
    const need = new Array<number>(parts.length).fill(0);
    need[last] = Math.min(height, made[last] + band);
    for (let stage = last - 1; stage >= 0; stage--)
      need[stage] = Math.max(...consumers[stage].map((by) => seenRows(parts[by].rows, need[by])));
    for (let stage = 0; stage < last; stage++) {
      if (made[stage] >= need[stage]) continue;
      const low = Math.min(made[stage], ...consumers[stage].map((by) => firstRow(parts[by].rows, made[by])));
      if (low > first[stage]) movedBytes += (made[stage] - low) * rowBytes[stage];
      first[stage] = Math.max(first[stage], low);
      bands[stage].push(need[stage] - made[stage]);
      made[stage] = need[stage];
      lines[stage] = Math.max(lines[stage], made[stage] - first[stage]);
    }
    const unread = (stage: number) =>
      made[stage] < parts[stage].rows.outRows ? firstRow(parts[stage].rows, made[stage]) : Number.POSITIVE_INFINITY;
    const end = parts[last].rows.accumulates ? outer.output : need[last] * outer.output;
    const others = readers.filter((stage) => stage < last).map((stage) => unread(stage) * outer.input);
    const own = readers.includes(last) ? [firstRow(parts[last].rows, made[last]) * outer.input] : [];
    lead = Math.max(lead, end - Math.min(...others, ...own));
    leadInPlace = Math.max(leadInPlace, end - Math.min(...others));
    bands[last].push(need[last] - made[last]);
    made[last] = need[last];
  }
  return { lines, lead, leadInPlace, movedBytes, bands };
}

export interface MadeCascade {
  readonly step: Step;
  /** Stage -> rows of its output that each of its calls makes. */
  readonly bands: readonly (readonly number[])[];
  /** Rows moved to the front of line buffers. */
  readonly movedBytes: number;
}

/**
 * The cascade of the given steps, or undefined where they make none: a step that cannot be cut, a value that somebody
 * else reads, another number of rows on either side.
 * @param readers root -> steps that read it
 * @param indices into the program's steps, ascending; no other step lies on a path between two of them.
 * @param band rows of the output that are made at a time
 * @param stepAt index -> the step as the cascade calls it
 */
export function makeCascade(
  program: Program,
  rows: readonly (Rows | undefined)[],
  readers: readonly (readonly number[])[],
  indices: readonly number[],
  band = 1,
  stepAt: (index: number) => Step = (index) => program.steps[index],
): MadeCascade | undefined {
  const { tensors } = program;
  const root = (id: number) => tensors[id].viewOf ?? id;
  const inside = new Set(indices);
  const last = indices[indices.length - 1];
  const kept = new Set([...program.outputs, ...(program.states ?? []).map(({ output: id }) => id)].map(root));
  const stageOf = new Map<number, number>();
  const parts: Part[] = [];
  for (const [stage, index] of indices.entries()) {
    const step = stepAt(index);
    const plain = rows[index];
    if (!plain || step.cascade) return undefined;
    const own = callRows(step, plain);
    if (!own || (own.accumulates && index !== last)) return undefined;
    const writers = step.inputs.map((id) => stageOf.get(root(id)));
    for (const [i, writer] of writers.entries()) {
      if (writer === undefined) continue;
      if (own.whole.includes(i) || parts[writer].rows.outRows !== own.inRows) return undefined;
    }
    parts.push({ step, rows: own, writers });
    const [made] = step.outputs;
    if (index !== last && (kept.has(made) || !readers[made].every((reader) => inside.has(reader)))) return undefined;
    stageOf.set(root(step.outputs[0]), stage);
  }
  const isOuter = (id: number) => !stageOf.has(root(id));
  const inputs = [...new Set(parts.flatMap(({ step }) => step.inputs.filter(isOuter)))];
  const banded = (id: number) =>
    tensors[id].constant === undefined &&
    parts.every(({ step, rows: { whole } }) => step.inputs.every((input, i) => input !== id || !whole.includes(i)));
  const candidates = inputs.filter(banded).sort((a, b) => tensorBytes(tensors[b]) - tensorBytes(tensors[a]) || a - b);
  const over = candidates[0] ?? -1;
  const output = stepAt(last).outputs[0];
  const perRow = (id: number, of: number) => tensorBytes(tensors[id]) / of;
  const reader = parts.find(({ step }) => step.inputs.includes(over));
  const ownRows = parts[parts.length - 1].rows;
  const outer = {
    input: reader ? perRow(over, reader.rows.inRows) : 0,
    output: perRow(output, ownRows.accumulates ? 1 : ownRows.outRows),
  };
  const rowBytes = parts.map(({ step, rows: { outRows } }) => perRow(step.outputs[0], outRows));
  const found = simulate(parts, band, over, outer, rowBytes);
  let end = alignUp(Math.max(0, ...parts.map(({ step }) => firmwareCall(step).scratchBytes)), SCRATCH_ALIGNMENT);
  const stages = parts.map(({ step, rows: own }, stage): Stage => {
    const calls = found.bands[stage].length;
    if (stage === parts.length - 1) return { step, rows: own, calls };
    const offset = end;
    end += alignUp(found.lines[stage] * rowBytes[stage], LINES_ALIGNMENT);
    return { step, rows: own, calls, lines: { offset, rows: found.lines[stage] } };
  });
  const final = parts[parts.length - 1].step;
  const step: Step = {
    ...{ kernel: "cascade", node: final.node, operator: parts.map((part) => part.step.operator).join(", ") },
    inputs: [...inputs.filter((id) => id === over), ...inputs.filter((id) => id !== over)],
    outputs: [output],
    ...{ constants: {}, params: {}, scratchBytes: end },
    macs: parts.reduce((sum, part) => sum + part.step.macs, 0),
    cascade: {
      ...{ stages, band, scratchOffset: 0 },
      inPlace: found.leadInPlace <= 0 && worksInPlace(final, over, tensors),
      ...(over >= 0 && { lead: Number.isFinite(found.lead) ? found.lead : 0 }),
    },
  };
  return { step, bands: found.bands, movedBytes: found.movedBytes };
}

/**
 * The rows of the call that the firmware makes. A C function of a variant is cut as it says itself, or as the plain
 * kernel is when it takes what a band changes under the same names and with the same values.
 */
export function callRows({ implementation, params }: Step, plain: Rows): Rows | undefined {
  if (!implementation) return plain;
  const cFunction = cFunctionOf(implementation.kernel);
  if (cFunction.rows) return cFunction.rows(implementation.params, plain.outRows);
  const same = plain.fields.every(({ name }) => String(implementation.params[name]) === String(params[name]));
  return same ? plain : undefined;
}

/** The last stage does not read the input whose bytes the output takes over, or may work on it in place. */
function worksInPlace(step: Step, over: number, tensors: readonly ProgramTensor[]): boolean {
  const at = step.inputs.flatMap((id, i) => (id === over ? [i] : []));
  if (at.length === 0) return over >= 0;
  const { inPlace } = cFunctionOf(firmwareCall(step).kernel);
  const sameType = tensors[over].type === tensors[step.outputs[0]].type;
  return at.length === 1 && sameType && inPlace.some(([input]) => input === at[0]);
}
