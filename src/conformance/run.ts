/**
 * Runs ONNX backend tests through the whole pipeline: every model is compiled to C, built and run on this computer, and
 * compared with the expected outputs and, bit by bit, with the host reference.
 */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { type Compiled, compile } from "../compile.js";
import { UserError } from "../errors.js";
import type { Shape, Tensor, TypedArray } from "../graph/ir.js";
import { hostProgram, runRow } from "../host/run.js";
import { type Model, readModel } from "../onnx/read.js";
import { buildNative, runNative } from "./native.js";
import { difference, sameBits, type Tolerance } from "./outcome.js";
import { type ConformanceTest, type DataSet, findTests, readDataSets, toleranceOf } from "./suite.js";

export interface Verdict {
  readonly test: string;
  readonly why: string;
}

export interface Refusal extends Verdict {
  /** The model needs what firmware cannot have (E_OUT_OF_SCOPE), as against what is not supported yet. */
  readonly outOfScope?: true;
}

export interface ConformanceResult {
  readonly passed: string[];
  readonly failed: Verdict[];
  readonly unsupported: Refusal[];
  /** Inputs that had to be constants, by test: they decide shapes. */
  readonly bound: Readonly<Record<string, readonly string[]>>;
  /** Operators in the models of each test. */
  readonly operators: Readonly<Record<string, readonly string[]>>;
}

export interface ConformanceOptions {
  readonly filter?: RegExp;
  /** Runs the host reference alone: no C, no compiler. */
  readonly hostOnly?: boolean;
  readonly onProgress?: (done: number, total: number) => void;
}

/** Models in one C program. */
const BATCH = 40;

interface Prepared {
  readonly test: ConformanceTest;
  readonly compiled: Compiled;
  /** Per data set: inputs of the firmware, expected outputs. */
  readonly sets: readonly { readonly inputs: readonly TypedArray[]; readonly outputs: readonly Tensor[] }[];
  readonly bound: readonly string[];
}

class Unsupported extends Error {}

/** Inputs of the graph that a value is computed from; integers and bools if there are any, since those decide shapes. */
function sourcesOf(model: Model, value: string): string[] {
  const producers = new Map(model.graph.nodes.flatMap((node) => node.outputs.map((name) => [name, node] as const)));
  const found = new Set<string>();
  const visited = new Set<string>();
  const queue = [value];
  for (let name = queue.pop(); name !== undefined; name = queue.pop()) {
    if (visited.has(name)) continue;
    visited.add(name);
    if (model.graph.inputs.includes(name)) found.add(name);
    queue.push(...(producers.get(name)?.inputs ?? []));
  }
  const inputs = [...found];
  const type = new Map(model.inputs.map((input) => [input.name, input.type]));
  const whole = inputs.filter((name) => type.get(name) !== "float32");
  return whole.length > 0 ? whole : inputs;
}

function inputsByName(model: Model, { inputs }: DataSet): Map<string, Tensor> {
  const names = model.graph.inputs;
  const named = new Map(inputs.map((tensor) => [tensor.name, tensor]));
  if (names.every((name) => named.has(name))) return named;
  return new Map(names.map((name, i) => [name, inputs[i]]));
}

function prepare(test: ConformanceTest, name: string, bytes: Uint8Array, model: Model): Prepared {
  const sets = readDataSets(test);
  if (sets.length === 0) throw new Unsupported("the test has no data");
  const given = sets.map((set) => inputsByName(model, set));
  const shapes = new Map<string, Shape>();
  for (const { name: input, dims } of model.inputs) {
    if (!dims || dims.some((dim) => typeof dim === "string")) shapes.set(input, given[0].get(input)!.shape);
  }
  const constants = new Map<string, TypedArray>();
  for (;;) {
    try {
      const compiled = compile(bytes, { name, precision: "float32", shapes, constants });
      const order = model.graph.inputs.filter((input) => !constants.has(input));
      return {
        test,
        compiled,
        bound: [...constants.keys()],
        sets: sets.map(({ outputs }, i) => ({ inputs: order.map((input) => given[i].get(input)!.data!), outputs })),
      };
    } catch (error) {
      if (!(error instanceof UserError) || error.code !== "E_NEEDS_CONSTANT" || !error.value) throw error;
      const sources = sourcesOf(model, error.value).filter((input) => !constants.has(input));
      if (sources.length === 0) throw error;
      for (const input of sources) constants.set(input, given[0].get(input)!.data!);
    }
  }
}

/** Compares the outputs of one run with the expected ones, where a count output says how many elements there are. */
function compareOutputs(
  { program }: Compiled,
  actual: readonly TypedArray[],
  expected: readonly Tensor[],
  tolerance: Tolerance,
) {
  for (const [i, wanted] of expected.entries()) {
    const { type, shape: room } = program.tensors[program.outputs[i]];
    const counted = program.counted?.find(({ output }) => output === i);
    const shape = counted ? room.with(counted.axis, Number(actual[counted.count][0])) : room;
    const tensor = { type, shape };
    const why = difference(tensor, actual[i], wanted, tolerance);
    if (why) return expected.length > 1 ? `output ${i}: ${why}` : why;
  }
  return undefined;
}

function runHost({ compiled, sets }: Prepared): TypedArray[][] {
  const host = hostProgram(compiled.program);
  return sets.map(({ inputs }) => runRow(host, compiled.program, inputs));
}

export async function runConformance(folder: string, options: ConformanceOptions = {}): Promise<ConformanceResult> {
  const tests = findTests(folder, options.filter);
  const result = { passed: [] as string[], failed: [] as Verdict[], unsupported: [] as Refusal[] };
  const bound: Record<string, readonly string[]> = {};
  const operators: Record<string, readonly string[]> = {};
  const ready: Prepared[] = [];
  let done = 0;
  const finish = (list: Verdict[] | string[], entry: Verdict | string) => {
    (list as (Verdict | string)[]).push(entry);
    done++;
    options.onProgress?.(done, tests.length);
  };
  tests.forEach((test, i) => {
    try {
      const bytes = readFileSync(join(test.folder, "model.onnx"));
      const model = readModel(bytes);
      operators[test.name] = [...new Set(model.graph.nodes.map(({ operator }) => operator))];
      const prepared = prepare(test, `t${i}`, bytes, model);
      if (prepared.bound.length > 0) bound[test.name] = prepared.bound;
      ready.push(prepared);
    } catch (error) {
      const { message } = error as Error;
      const outOfScope = error instanceof UserError && error.code === "E_OUT_OF_SCOPE";
      const refused = error instanceof Unsupported || (error instanceof UserError && error.code !== "E_INTERNAL");
      finish(refused ? result.unsupported : result.failed, {
        ...{ test: test.name, why: message },
        ...(outOfScope && { outOfScope: true }),
      });
    }
  });

  const judge = (prepared: Prepared, native: (set: number) => readonly TypedArray[] | undefined) => {
    const { test, compiled, sets } = prepared;
    let why: string | undefined;
    try {
      runHost(prepared).forEach((host, i) => {
        why ??= compareOutputs(compiled, host, sets[i].outputs, toleranceOf(test));
        const c = native(i);
        if (c && host.some((array, k) => !sameBits(array, c[k]))) why ??= "C and host reference differ";
      });
    } catch (error) {
      why = (error as Error).message;
    }
    if (why === undefined) finish(result.passed, test.name);
    else finish(result.failed, { test: test.name, why });
  };

  if (options.hostOnly) {
    for (const prepared of ready) judge(prepared, () => undefined);
  } else {
    const work = mkdtempSync(join(tmpdir(), "onnx2mcu-conformance-"));
    try {
      const batches: Prepared[][] = [];
      for (let i = 0; i < ready.length; i += BATCH) batches.push(ready.slice(i, i + BATCH));
      let next = 0;
      const fail = (test: string, why: string) => finish(result.failed, { test, why });
      const worker = async () => {
        for (let i = next++; i < batches.length; i = next++)
          await runBatch(batches[i], join(work, String(i)), judge, fail);
      };
      await Promise.all(Array.from({ length: Math.min(availableParallelism(), batches.length) }, worker));
    } finally {
      rmSync(work, { recursive: true, force: true });
    }
  }
  const byTest = (a: Verdict, b: Verdict) => (a.test < b.test ? -1 : 1);
  return {
    passed: result.passed.sort(),
    failed: result.failed.sort(byTest),
    unsupported: result.unsupported.sort(byTest),
    bound,
    operators,
  };
}

type Judge = (prepared: Prepared, native: (set: number) => readonly TypedArray[] | undefined) => void;

async function runBatch(
  batch: readonly Prepared[],
  folder: string,
  judge: Judge,
  fail: (test: string, why: string) => void,
): Promise<void> {
  let program: string;
  try {
    program = await buildNative(batch, folder);
  } catch (error) {
    // One model that does not compile must not take the others with it.
    const [only, ...others] = batch;
    if (others.length === 0) return fail(only.test.name, `the C does not compile: ${(error as Error).message}`);
    const half = Math.ceil(batch.length / 2);
    await runBatch(batch.slice(0, half), `${folder}a`, judge, fail);
    await runBatch(batch.slice(half), `${folder}b`, judge, fail);
    return;
  }
  for (const [index, prepared] of batch.entries()) {
    try {
      const outputs: TypedArray[][] = [];
      for (const { inputs } of prepared.sets) outputs.push(await runNative(program, index, prepared, inputs));
      judge(prepared, (set) => outputs[set]);
    } catch (error) {
      fail(prepared.test.name, `the C does not run: ${(error as Error).message.split("\n").slice(0, 2).join(" ")}`);
    }
  }
}
