/** Folders of ONNX backend tests: <test>/model.onnx with test_data_set_<n>/input_<i>.pb and output_<i>.pb. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, relative, sep } from "node:path";
import { UserError } from "../errors.js";
import type { Tensor } from "../graph/ir.js";
import { readTensorFile } from "../onnx/tensors.js";
import { STANDARD_TOLERANCE, type Tolerance } from "./outcome.js";

export interface ConformanceTest {
  /** Path of its folder below the folder of all tests, with slashes. */
  readonly name: string;
  readonly folder: string;
}

export interface DataSet {
  readonly inputs: readonly Tensor[];
  readonly outputs: readonly Tensor[];
}

/** @throws UserError E_DATA_NOT_FOUND when the folder holds no test. */
export function findTests(root: string, filter?: RegExp): ConformanceTest[] {
  const tests: ConformanceTest[] = [];
  const visit = (folder: string) => {
    if (existsSync(join(folder, "model.onnx"))) {
      tests.push({ name: relative(root, folder).split(sep).join("/"), folder });
      return;
    }
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      if (entry.isDirectory()) visit(join(folder, entry.name));
    }
  };
  if (existsSync(root)) visit(root);
  if (tests.length === 0) {
    throw new UserError("E_DATA_NOT_FOUND", `${root}: no ONNX backend tests (<test>/model.onnx) in this folder`);
  }
  return tests.filter(({ name }) => filter?.test(name) ?? true).sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** The tolerance that a test sets in its data.json, or the standard one. */
export function toleranceOf({ folder }: ConformanceTest): Tolerance {
  const file = join(folder, "data.json");
  if (!existsSync(file)) return STANDARD_TOLERANCE;
  const { rtol, atol } = JSON.parse(readFileSync(file, "utf8"));
  const number = (value: unknown, fallback: number) => (typeof value === "number" ? value : fallback);
  return { rtol: number(rtol, STANDARD_TOLERANCE.rtol), atol: number(atol, STANDARD_TOLERANCE.atol) };
}

/** Every data set of a test. @throws UserError E_TYPE for data that are no tensors. */
export function readDataSets({ folder }: ConformanceTest): DataSet[] {
  const read = (set: string, kind: string): Tensor[] => {
    const tensors: Tensor[] = [];
    for (let i = 0; existsSync(join(folder, set, `${kind}_${i}.pb`)); i++) {
      tensors.push(readTensorFile(readFileSync(join(folder, set, `${kind}_${i}.pb`)), `${kind} ${i}`));
    }
    return tensors;
  };
  return readdirSync(folder)
    .filter((name) => name.startsWith("test_data_set_"))
    .sort()
    .map((set) => ({ inputs: read(set, "input"), outputs: read(set, "output") }));
}
