/** ONNX's own backend tests, compiled to C and run. Skips without the folder of tests. */
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { operatorsDocument, passedShare } from "../../src/conformance/document.js";
import { difference, STANDARD_TOLERANCE } from "../../src/conformance/outcome.js";
import { type ConformanceResult, runConformance } from "../../src/conformance/run.js";
import { packagePath } from "../../src/io/package_path.js";
import { modelBytes, node, value } from "../onnx/model_bytes.js";
import { hasShared, SHARED } from "../shared.js";

const root = mkdtempSync(join(tmpdir(), "onnx2mcu-conformance-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));

/** TensorProto of float32 values, by hand: dims, data_type, raw_data. */
function tensorFile(values: readonly number[]): Uint8Array {
  const raw = Buffer.from(Float32Array.from(values).buffer);
  return Uint8Array.from([0x08, values.length, 0x10, 1, 0x4a, raw.length, ...raw]);
}

function writeTest(name: string, model: Uint8Array, inputs: readonly number[][], outputs: readonly number[][]): void {
  const set = join(root, "own", name, "test_data_set_0");
  mkdirSync(set, { recursive: true });
  writeFileSync(join(root, "own", name, "model.onnx"), model);
  inputs.forEach((values, i) => {
    writeFileSync(join(set, `input_${i}.pb`), tensorFile(values));
  });
  outputs.forEach((values, i) => {
    writeFileSync(join(set, `output_${i}.pb`), tensorFile(values));
  });
}

const one = (operator: string) =>
  modelBytes({ node: [node(operator, ["x"], ["y"])], input: [value("x", [3])], output: [value("y", [3])] });

describe("the runner", () => {
  test("tells passed, failed, unsupported and out of scope apart", async () => {
    writeTest("right", one("Relu"), [[-1, 2, -3]], [[0, 2, 0]]);
    writeTest("wrong", one("Relu"), [[-1, 2, -3]], [[0, 2, 0.01]]);
    writeTest("unknown", one("NoSuchOperator"), [[1, 2, 3]], [[1, 2, 3]]);
    writeTest("sequence", one("SequenceConstruct"), [[1, 2, 3]], [[1, 2, 3]]);
    const { passed, failed, unsupported } = await runConformance(join(root, "own"));
    expect(passed).toEqual(["right"]);
    expect(failed).toEqual([{ test: "wrong", why: "element 2 is 0 instead of 0.009999999776482582" }]);
    expect(unsupported).toMatchObject([
      { test: "sequence", outOfScope: true },
      { test: "unknown", why: expect.stringContaining("NoSuchOperator") },
    ]);
    expect(unsupported[1].outOfScope).toBeUndefined();
  });

  test("a folder without tests is an error", async () => {
    await expect(runConformance(join(root, "nothing"))).rejects.toMatchObject({ code: "E_DATA_NOT_FOUND" });
  });

  test("tolerance, NaN, infinity, types and shapes", () => {
    const tensor = (values: number[]) => ({
      name: "y",
      type: "float32" as const,
      shape: [values.length],
      data: Float32Array.from(values),
    });
    const why = (actual: number[], expected: number[]) =>
      difference(
        { type: "float32", shape: [actual.length] },
        Float32Array.from(actual),
        tensor(expected),
        STANDARD_TOLERANCE,
      );
    expect(why([1.0009, Number.NaN, Infinity], [1, Number.NaN, Infinity])).toBeUndefined();
    expect(why([1.002], [1])).toMatch(/element 0/);
    expect(why([Infinity], [1])).toMatch(/element 0/);
    expect(why([1], [Infinity])).toMatch(/element 0/);
    expect(why([1, 2], [1])).toMatch(/shape/);
    expect(difference({ type: "int8", shape: [1] }, Int8Array.of(1), tensor([1]), STANDARD_TOLERANCE)).toMatch(/type/);
  });
});

describe.skipIf(!hasShared)("ONNX backend tests (needs ../shared)", () => {
  let result: ConformanceResult;
  beforeAll(async () => {
    const tests = join(root, "onnx");
    mkdirSync(tests);
    execFileSync("tar", ["xzf", join(SHARED, "onnx-node-tests", "visible.tar.gz"), "-C", tests]);
    result = await runConformance(tests);
  }, 900_000);

  /** What the tests expect there is not what the operator is defined to give. */
  /** Of the tests in scope; those in KNOWN are all that is missing. */
  const PASSED_SHARE = 0.99;
  const KNOWN = [
    // Zeros are expected to be the rounding noise of the transform that made the test, 2e-7 beside values of 50.
    "node/test_dft_inverse",
    "node/test_dft_inverse_opset19",
    // -139 is expected to wrap to 117 in int8; the definition saturates.
    "node/test_qlinearmatmul_3D_int8_float32",
  ];

  test("none fails for want of us, and the share of those in scope that pass does not fall", () => {
    expect(result.failed.map(({ test }) => test)).toEqual(KNOWN);
    expect(passedShare(result)).toBeGreaterThanOrEqual(PASSED_SHARE);
  });

  test("docs/operators.md is what the run says (npm run conformance -- --tests <folder> --docs)", () => {
    expect(operatorsDocument(result)).toBe(readFileSync(packagePath("docs", "operators.md"), "utf8"));
  });
});
