import { describe, expect, it } from "vitest";
import { prepare } from "../../src/compile.js";
import { loadData } from "../../src/data/load.js";
import { inputRows } from "../../src/data/rows.js";
import { loadBoard, targetOf } from "../../src/device/boards.js";
import { needsOf } from "../../src/fit/needs.js";
import { packagePath } from "../../src/io/package_path.js";
import { costTableOf } from "../../src/select/costs.js";
import { hasToolsOf } from "../tools.js";

const data = loadData(packagePath("examples", "digits", "digits.npz"));
const prepared = prepare(packagePath("examples", "digits", "digits.onnx"), {
  calibration: (inputs) => inputRows(data, "calibration", inputs),
});

describe("needsOf", () => {
  it("says of estimates how far the cost table may be off", async () => {
    for (const name of ["qemu-cortex-m4", "qemu-cortex-m33", "qemu-cortex-m55", "arduino-uno"]) {
      const board = loadBoard(name);
      const { errors, measuredOn } = await needsOf(prepared, board, "speed", false);
      expect(errors.cycles).toBe(costTableOf(targetOf(board)).error);
      expect(measuredOn).toBeNull();
    }
  });

  for (const name of ["qemu-cortex-m0", "qemu-cortex-m3", "qemu-cortex-m4", "qemu-rv32imc"]) {
    const board = loadBoard(name);
    it.skipIf(!hasToolsOf(board))(`estimates the latency within 15 % on ${name} (needs its tools)`, async () => {
      const estimate = await needsOf(prepared, board, "balanced", false);
      const count = await needsOf(prepared, board, "balanced", true);
      expect(count.measuredOn).toBe(name);
      expect(Math.abs(estimate.cycles / count.cycles - 1)).toBeLessThan(0.15);
    });
  }
});
