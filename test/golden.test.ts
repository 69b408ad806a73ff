/** The generated code of examples/digits, letter for letter. `npm run golden` rewrites it after an intended change. */
import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { compile } from "../src/compile.js";
import { loadData } from "../src/data/load.js";
import { inputRows } from "../src/data/rows.js";
import { packagePath } from "../src/io/package_path.js";

test("digits compiles to the committed C files", () => {
  const { files } = compile(packagePath("examples", "digits", "digits.onnx"), {
    name: "digits",
    calibration: (inputs) =>
      inputRows(loadData(packagePath("examples", "digits", "digits.npz")), "calibration", inputs),
  });
  const own = [...files.keys()].filter((name) => !name.startsWith("nn_"));
  expect(readdirSync(packagePath("test", "golden", "digits")).sort()).toEqual(own);
  for (const name of own) {
    expect(files.get(name), name).toBe(readFileSync(packagePath("test", "golden", "digits", name), "utf8"));
  }
});
