import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { loadBoard, targetOf } from "../../src/device/boards.js";
import { plainProgram } from "../../src/graph/program.js";
import { packagePath } from "../../src/io/package_path.js";
import { callKey } from "../../src/select/costs.js";
import { candidatesOf } from "../../src/tune/candidates.js";
import { type FitRow, fitDocument } from "../../src/tune/fit_document.js";
import { fitError, samplesOf } from "../../src/tune/samples.js";
import { compileDigits } from "../digits.js";

describe("samplesOf", () => {
  const target = targetOf(loadBoard("qemu-cortex-m4"));
  const { program, options } = candidatesOf(plainProgram(compileDigits().program), target);

  it("has every measured call once, with what its formula says", () => {
    const calls = options.flat().map(({ step }, i) => ({ call: callKey(program, step), cycles: 100 + i }));
    const samples = samplesOf(program, options, calls);
    expect(samples.length).toBe(new Set(calls.map(({ call }) => call)).size);
    const first = program.steps[0];
    const plain = samples.find(({ kernel, variant }) => kernel === first.kernel && variant === "");
    expect(plain).toMatchObject({ macs: first.macs, modelled: 0, cycles: 100 });
    const variants = samples.filter(({ variant }) => variant !== "");
    expect(variants.length).toBeGreaterThan(3);
    for (const { modelled } of variants) expect(modelled).toBeGreaterThan(0);
  });

  it("does not depend on what was learned before: the formula is that of the variant", () => {
    const [call] = options.flat().filter(({ variant }) => variant !== "");
    const key = callKey(program, call.step);
    // A measured call changes the cycles of an option, not its formula.
    const known = [{ call: key, cycles: 7 }];
    const again = candidatesOf(plainProgram(compileDigits().program), target, known);
    const option = again.options.flat().find(({ step }) => callKey(again.program, step) === key);
    expect(option?.cycles).toBe(7);
    expect(option?.formula).toBe(call.formula);
  });

  it("leaves out what was not measured", () => {
    expect(samplesOf(program, options, [])).toEqual([]);
  });
});

describe("fitError", () => {
  it("weighs the bias by cycles, and the errors one by one", () => {
    const pairs = [
      { measured: 1000, estimated: 1100 },
      { measured: 10, estimated: 5 },
      { measured: 10, estimated: 10 },
      { measured: 100, estimated: 80 },
    ];
    const { count, bias, median, worst } = fitError(pairs);
    expect(count).toBe(4);
    expect(bias).toBeCloseTo(1195 / 1120 - 1, 9);
    expect(median).toBeCloseTo(0.15, 9);
    expect(worst).toBeCloseTo(0.5, 9);
    expect(fitError(pairs.slice(0, 1)).median).toBeCloseTo(0.1, 9);
  });
});

describe("the record of fit errors", () => {
  const rows: FitRow[] = JSON.parse(readFileSync(packagePath("docs", "costs.json"), "utf8"));
  const tables = readdirSync(packagePath("boards", "costs")).map((file) =>
    JSON.parse(readFileSync(packagePath("boards", "costs", file), "utf8")),
  );

  it("is what docs/costs.md says", () => {
    expect(readFileSync(packagePath("docs", "costs.md"), "utf8")).toBe(fitDocument(rows));
  });

  it("has every core with a table, whose error no model exceeds", () => {
    expect([...new Set(rows.map(({ core }) => core))].sort()).toEqual(tables.map(({ core }) => core).sort());
    for (const { core, error } of tables)
      for (const row of rows.filter((of) => of.core === core))
        expect(Math.abs(row.estimated / row.measured - 1), `${core} ${row.model}`).toBeLessThanOrEqual(error);
  });
});
