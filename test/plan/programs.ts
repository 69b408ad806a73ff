/** Small programs of made-up kernels for the planner's tests, and random ones. */
import fc from "fast-check";
import type { Program, ProgramTensor, Step, StorageType } from "../../src/graph/program.js";
import type { InPlaceOf, LeadOf } from "../../src/plan/dataflow.js";

export interface TestProgram {
  readonly program: Program;
  readonly inPlaceOf: InPlaceOf;
  readonly leadOf: LeadOf;
}

export interface TestStep {
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly inPlace?: readonly (readonly [number, number])[];
  readonly scratch?: number;
  /** How far its output must start before its first input to overlap it. */
  readonly lead?: number;
}

export interface TestTensor {
  readonly bytes: number;
  readonly type?: StorageType;
  readonly viewOf?: string;
  /** In flash, as the constant of this id. */
  readonly constant?: number;
}

const ELEMENT: Partial<Record<StorageType, number>> = { int8: 1, int16: 2, int32: 4, float32: 4 };

/** A program from names: tensors by their bytes (of int8, unless they say more), steps by what they read and write. */
export function testProgram(
  tensors: Readonly<Record<string, number | TestTensor>>,
  steps: readonly TestStep[],
  inputs: readonly string[],
  outputs: readonly string[],
): TestProgram {
  const names = Object.keys(tensors);
  const id = (name: string) => names.indexOf(name);
  const programTensors = names.map((name, index): ProgramTensor => {
    const tensor = tensors[name];
    const { bytes, type = "int8", viewOf, constant } = typeof tensor === "number" ? { bytes: tensor } : tensor;
    const view = viewOf === undefined ? {} : { viewOf: id(viewOf) };
    return {
      id: index,
      name,
      type,
      shape: [bytes / ELEMENT[type]!],
      ...view,
      ...(constant !== undefined && { constant }),
    };
  });
  const programSteps = steps.map((step, index): Step => {
    const fixed = { constants: {}, params: {}, macs: 0, scratchBytes: step.scratch ?? 0 };
    const named = { kernel: `made_up_${index}`, node: `node ${index}`, operator: "MadeUp" };
    return { ...named, ...fixed, inputs: step.inputs.map(id), outputs: step.outputs.map(id) };
  });
  const inPlace = new Map(programSteps.map((step, index) => [step.node, steps[index].inPlace ?? []]));
  const leads = new Map(programSteps.map((step, index) => [step.node, steps[index].lead]));
  return {
    program: {
      precision: "int8",
      tensors: programTensors,
      constants: [],
      steps: programSteps,
      inputs: inputs.map(id),
      outputs: outputs.map(id),
    },
    inPlaceOf: (step) => inPlace.get(step.node)!,
    leadOf: (step) => leads.get(step.node),
  };
}

export interface RandomOptions {
  readonly maxSteps: number;
  /** Sizes are drawn from 1 to this many units of 16 bytes, or arbitrary bytes below. */
  readonly maxUnits: number;
  readonly ioBuffers: "arena" | "caller";
}

/**
 * Random programs: any shape of graph, several inputs and outputs, steps with one or two outputs (perhaps unread),
 * arguments given twice, constant arguments, views, mixed element types, scratch, and kernels with any in-place pairs and
 * leads.
 */
export function randomProgram({ maxSteps, maxUnits, ioBuffers }: RandomOptions): fc.Arbitrary<TestProgram> {
  const size = fc.oneof(
    { weight: 4, arbitrary: fc.integer({ min: 1, max: maxUnits }).map((units) => units * 16) },
    { weight: 1, arbitrary: fc.integer({ min: 0, max: maxUnits * 4 }).map((words) => words * 4) },
  );
  const draw = fc.nat({ max: 1_000_000 });
  const step = fc.record({
    reads: fc.array(draw, { minLength: 1, maxLength: 3 }),
    // A size of null repeats the size of the first input, as elementwise kernels have it.
    writes: fc.array(fc.record({ size: fc.option(size), wide: fc.nat({ max: 5 }), view: fc.nat({ max: 4 }) }), {
      minLength: 1,
      maxLength: 2,
    }),
    inPlace: fc.array(fc.tuple(fc.nat({ max: 2 }), fc.nat({ max: 1 })), { maxLength: 3 }),
    scratch: fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: size }),
    recent: fc.boolean(),
    lead: fc.option(fc.integer({ min: -32, max: 16 * maxUnits })),
    // Position of a constant among the arguments; beyond them: none.
    constant: fc.nat({ max: 12 }),
  });
  return fc
    .record({
      inputs: fc.array(size, { minLength: 1, maxLength: 2 }),
      steps: fc.array(step, { minLength: 1, maxLength: maxSteps }),
      outputs: fc.array(draw, { minLength: 1, maxLength: 3 }),
    })
    .map((drawn) => {
      const tensors: Record<string, TestTensor> = {};
      const isStored = (name: string) => tensors[name].constant === undefined;
      const add = (tensor: TestTensor) => {
        const name = `t${Object.keys(tensors).length}`;
        tensors[name] = tensor;
        return name;
      };
      const inputs = drawn.inputs.map((bytes) => add({ bytes }));
      const steps = drawn.steps.map(({ reads, writes, inPlace, scratch, recent, lead, constant }, index): TestStep => {
        const known = Object.keys(tensors).filter(isStored);
        const readable = recent ? known.slice(-3) : known;
        const stepInputs = reads.map((n) => readable[n % readable.length]);
        if (constant < stepInputs.length) {
          const { bytes, type } = tensors[stepInputs[0]];
          stepInputs[constant] = add({ bytes, type, constant: index });
        }
        const outputs = writes.map(({ size, wide, view }) => {
          const bytes = size ?? tensors[stepInputs[0]].bytes;
          const type = wide === 0 && bytes % 4 === 0 ? "float32" : "int8";
          return { name: add({ bytes, type }), view: view === 0 };
        });
        for (const { name, view } of outputs) if (view) add({ ...tensors[name], viewOf: name });
        const allowed = inPlace.filter(([from, to]) => from < stepInputs.length && to < outputs.length);
        const more = lead === null ? {} : { lead };
        return { inputs: stepInputs, outputs: outputs.map(({ name }) => name), inPlace: allowed, scratch, ...more };
      });
      const candidates = Object.keys(tensors)
        .filter(isStored)
        .filter((name) => ioBuffers === "arena" || !isInput(name));
      const roots = new Set<string>();
      const outputs = drawn.outputs
        .map((n) => candidates[n % candidates.length])
        .filter((name) => {
          const root = tensors[name].viewOf ?? name;
          const isNew = !roots.has(root);
          roots.add(root);
          return isNew || ioBuffers === "arena";
        });
      function isInput(name: string): boolean {
        return inputs.includes(tensors[name].viewOf ?? name);
      }
      return testProgram(tensors, steps, inputs, outputs);
    });
}

/** A chain of `length` steps in which every third step also reads what was written some steps earlier. */
export function chainWithSkips(length: number): TestProgram {
  const tensors: Record<string, number> = { t0: 1024 };
  const steps: TestStep[] = [];
  for (let i = 1; i <= length; i++) {
    tensors[`t${i}`] = 256 + ((i * 7919) % 61) * 16;
    const skip = i % 3 === 0 ? [`t${i - 3}`] : i % 50 === 7 ? [`t${i - 7}`] : [];
    const elementwise = i % 4 === 0;
    if (elementwise) tensors[`t${i}`] = tensors[`t${i - 1}`];
    steps.push({
      inputs: [`t${i - 1}`, ...skip],
      outputs: [`t${i}`],
      inPlace: elementwise ? [[0, 0]] : [],
      scratch: i % 5 === 0 ? 64 : 0,
    });
  }
  return testProgram(tensors, steps, ["t0"], [`t${length}`]);
}
