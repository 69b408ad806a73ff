/** The cases of cases/: every operator in every form that matters, on every kind of element. */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { describe, expect, test } from "vitest";
import { compile } from "../../src/compile.js";
import { elementCount, type Shape, type Tensor, type TypedArray } from "../../src/graph/ir.js";
import { hostProgram, runRow } from "../../src/host/run.js";
import { realValues, storedValues } from "../../src/host/values.js";
import { operatorKey, operators } from "../../src/ops/index.js";
import { isFeed, oneNodeModel, randomValues, typedSession } from "../onnxruntime.js";
import { cases as floatCases, TESTED_ELSEWHERE } from "./float_cases.js";
import type { NodeCase } from "./node_case.js";

const folder = fileURLToPath(new URL("cases/", import.meta.url));
const files: { cases: readonly NodeCase[] }[] = await Promise.all(
  readdirSync(folder).map((file) => import(pathToFileURL(join(folder, file)).href)),
);
const cases = files.flatMap((file) => file.cases);

test("every operator has a case", () => {
  const covered = new Set([...cases, ...floatCases].map(({ domain, operator }) => operatorKey(domain ?? "", operator)));
  for (const name of TESTED_ELSEWHERE) covered.add(name);
  expect([...operators.keys()].filter((name) => !covered.has(name))).toEqual([]);
});

/** What the computed inputs are fed, in order; float32 inputs given as shapes get random values from `seed`. */
function fedTensors(node: NodeCase, seed: number): Omit<Tensor, "name">[] {
  return node.inputs.flatMap((input, k): Omit<Tensor, "name">[] => {
    if (input === undefined) return [];
    if (isFeed(input)) return [input];
    if (!Array.isArray(input)) return [];
    const shape = input as Shape;
    return [{ type: "float32" as const, shape, data: randomValues(elementCount(shape), seed + k, node.range ?? 1) }];
  });
}

function expectClose(actual: TypedArray, expected: TypedArray, tolerance: number, where: string): void {
  expect(actual.length, where).toBe(expected.length);
  if (!(expected instanceof Float32Array)) {
    expect(Array.from(actual as Int32Array)).toEqual(Array.from(expected as Int32Array));
    return;
  }
  const finite = expected.filter(Number.isFinite).map(Math.abs);
  const scale = Math.max(...finite, 1e-3);
  expected.forEach((value, i) => {
    const got = actual[i] as number;
    if (Object.is(got, value) || got === value) return;
    expect(Math.abs(got - value), `${where} element ${i}: ${got}, expected ${value}`).toBeLessThanOrEqual(
      tolerance * scale,
    );
  });
}

describe.each(cases)("$operator: $name", (node) => {
  const model = oneNodeModel(node);

  test("float32 and integers equal onnxruntime", async () => {
    const { program } = compile(model, { precision: "float32" });
    const host = hostProgram(program);
    const shapes = (node.outputs ?? [{ type: "float32", shape: node.output }]).filter((output) => output !== undefined);
    const own = program.outputs.slice(0, shapes.length).map((id) => program.tensors[id]);
    expect(own.map(({ shape }) => shape)).toEqual(shapes.map(({ shape }) => shape));
    expect(own.map(({ type }) => type)).toEqual(shapes.map(({ type }) => type));
    const oracle = node.expected ? undefined : await typedSession(model);
    for (const seed of [1, 100]) {
      const fed = fedTensors(node, seed);
      const expected = node.expected ?? (await oracle!(fed));
      const actual = runRow(
        host,
        program,
        fed.map(({ data }) => data!),
      );
      expected.forEach((output, k) => {
        const counted = program.counted?.find((entry) => entry.output === k);
        const count = counted && Number(actual[counted.count][0]);
        const length = elementCount(counted ? own[k].shape.with(counted.axis, count!) : own[k].shape);
        expectClose(actual[k].slice(0, length) as TypedArray, output, node.tolerance ?? 1e-5, `output ${k}`);
      });
    }
  });

  const { int8: steps } = node;
  if (steps === undefined) return;
  test("int8 is close to float32", () => {
    const data = { rows: 8, row: (i: number) => fedTensors(node, 97 * i + 1).map((fed) => fed.data as Float32Array) };
    const { program } = compile(model, { calibration: () => data });
    const float = compile(model, { precision: "float32" }).program;
    for (let i = 0; i < 4; i++) {
      const real = data.row(i);
      const stored = program.inputs.map((id, k) => storedValues(program.tensors[id], real[k]));
      const actual = runRow(hostProgram(program), program, stored);
      const expected = runRow(hostProgram(float), float, real);
      program.outputs.forEach((id, k) => {
        const tensor = program.tensors[id];
        const got = realValues(tensor, actual[k]);
        const step = tensor.scale ?? 1e-5;
        realValues(float.tensors[float.outputs[k]], expected[k]).forEach((value, n) => {
          expect(Math.abs(got[n] - value), `output ${k} element ${n}`).toBeLessThanOrEqual(steps * step);
        });
      });
    }
  });
});
