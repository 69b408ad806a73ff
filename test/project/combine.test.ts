/** Several models in one firmware, sharing one arena. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { compile } from "../../src/compile.js";
import { loadBoard } from "../../src/device/boards.js";
import { writeTree } from "../../src/io/files.js";
import { platformioProject } from "../../src/project/platformio.js";
import { buildDist, onnx2mcu } from "../cli/run.js";
import { DIGITS_DATA, DIGITS_MODEL } from "../digits.js";
import { floats, modelBytes, node, value } from "../onnx/model_bytes.js";
import { hasSimulatorTools } from "../tools.js";

const folder = mkdtempSync(join(tmpdir(), "onnx2mcu-combine-"));
const at = (name: string) => join(folder, name);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** y = x + w, of 64 values as a row of the digits. */
const small = modelBytes({
  node: [node("Add", ["x", "w"], ["y"])],
  input: [value("x", [1, 1, 8, 8])],
  output: [value("y", [1, 1, 8, 8])],
  initializer: [floats("w", [1], [0.25])],
});

beforeAll(async () => {
  await buildDist();
  await onnx2mcu([
    "generate",
    DIGITS_MODEL,
    "--board",
    "qemu-cortex-m4",
    "--calibration",
    DIGITS_DATA,
    "-o",
    at("digits"),
  ]);
  const compiled = compile(small, { name: "adder", precision: "float32" });
  await writeTree(
    at("adder"),
    platformioProject(compiled, loadBoard("qemu-cortex-m4"), { file: "m.onnx", sha256: "" }),
  );
  await onnx2mcu(["combine", at("digits"), at("adder"), "-o", at("both")]);
});

describe("combine", () => {
  test.each(["adder", "digits"])("%s equals its host reference on the host", async (model) => {
    const { status, stdout } = await onnx2mcu([
      "validate",
      at("both"),
      "--model",
      model,
      "--on",
      "host",
      "--data",
      DIGITS_DATA,
      "--limit",
      "5",
      "--json",
    ]);
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ rows: 5, firmwareVsHost: { equal: true } });
  });

  test("a model has to be chosen, among those that are there", async () => {
    for (const more of [[], ["--model", "other"]]) {
      const { status, stderr } = await onnx2mcu([
        "validate",
        at("both"),
        "--on",
        "host",
        "--data",
        DIGITS_DATA,
        ...more,
      ]);
      expect(status).toBe(2);
      expect(stderr).toContain("adder, digits: choose one with --model");
    }
  });

  test("refuses two models of one name", async () => {
    const { status, stderr } = await onnx2mcu(["combine", at("digits"), at("both"), "-o", at("twice")]);
    expect(status).toBe(2);
    expect(stderr).toContain("two models are named digits");
  });

  test.skipIf(!hasSimulatorTools)("builds, runs and is measured in the simulator", async () => {
    expect((await onnx2mcu(["build", at("both")])).status).toBe(0);
    const simulated = ["validate", at("both"), "--on", "simulator", "--data", DIGITS_DATA, "--limit", "3"];
    expect((await onnx2mcu([...simulated, "--model", "digits"])).status).toBe(0);
    expect((await onnx2mcu([...simulated, "--model", "adder"])).status).toBe(0);
    const { stdout } = await onnx2mcu(["bench", at("both"), "--model", "adder", "--json"]);
    expect(JSON.parse(stdout)).toMatchObject({ layers: [{ operator: "Add" }] });
  });
});
