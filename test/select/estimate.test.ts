import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { loadBoard, targetOf } from "../../src/device/boards.js";
import { buildProject } from "../../src/device/pio.js";
import { profileOf } from "../../src/device/profile/bench_inputs.js";
import { firmwareCall, kernelSteps } from "../../src/graph/program.js";
import { callKey, costsOf, costTableOf, runsOf } from "../../src/select/costs.js";
import { estimateCycles } from "../../src/select/estimate.js";
import { compileDigits, writeProject } from "../digits.js";
import { hasToolsOf } from "../tools.js";

const target = targetOf(loadBoard("qemu-cortex-m4"));

const folder = mkdtempSync(join(tmpdir(), "onnx2mcu-estimate-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("estimateCycles", () => {
  it("is the sum of its layers, one for each step", () => {
    const { program } = compileDigits({ target, optimize: "ram" });
    expect(program.steps.some(({ cascade }) => cascade)).toBe(true);
    const { cycles, layers } = estimateCycles(program, target);
    expect(layers.map(({ node }) => node)).toEqual(program.steps.map(({ node }) => node));
    expect(cycles).toBe(layers.reduce((sum, layer) => sum + layer.cycles, 0));
    expect(Math.min(...layers.map((layer) => layer.cycles))).toBeGreaterThan(0);
  });

  it("is what the chooser thinks", () => {
    for (const optimize of ["speed", "balanced", "ram"] as const) {
      const { program, decision } = compileDigits({ target, optimize });
      const { cycles } = estimateCycles(program, target);
      expect(Math.abs(cycles - decision.cycles)).toBeLessThanOrEqual(program.steps.length);
    }
  });

  it("takes measured calls as they are", () => {
    const { program } = compileDigits({ target, optimize: "speed" });
    const [first, ...others] = estimateCycles(program, target).layers;
    const plain = { ...program, steps: program.steps.map(({ implementation: _, ...step }) => step) };
    const known = [{ call: callKey(plain, plain.steps[0]), cycles: 123_456, instructions: 1 }];
    expect(estimateCycles(plain, target, known).layers[0].cycles).toBe(123_456);
    expect(others.length).toBeGreaterThan(0);
    expect(first.cycles).toBeLessThan(123_456);
  });

  it("knows less of a core that was not measured", () => {
    const { program } = compileDigits({ optimize: "speed" });
    const isa = ["armv6m", "thumb2", "dsp"];
    const known = estimateCycles(program, target);
    const other = estimateCycles(program, { core: "cortex-m85", isa, flashWaitStates: 0 });
    expect(other.measuredOn).toBe("cortex-m4");
    expect(known.measuredOn).toBe("cortex-m4");
    expect(other.error).toBeGreaterThan(known.error);
    expect(costTableOf({ core: "../x", isa: ["avr"] }).core).toBe("avr5");
  });

  for (const name of ["qemu-cortex-m4", "qemu-cortex-m3", "qemu-cortex-m0plus", "qemu-rv32imc"]) {
    const board = loadBoard(name);
    it.skipIf(!hasToolsOf(board))(`is within 10 % of the simulator on ${name} (needs its tools)`, async () => {
      const project = await writeProject(join(folder, name), compileDigits({ target: targetOf(board) }), name);
      await buildProject(project.folder, board);
      const { cycles } = await profileOf(project);
      const estimated = estimateCycles(project.program, targetOf(board)).cycles;
      expect(Math.abs(estimated / (cycles ?? 0) - 1)).toBeLessThan(0.1);
    });
  }
});

describe("costsOf", () => {
  it("charges a banded plain kernel for every call", () => {
    const { program } = compileDigits({ optimize: "speed" });
    const costs = costsOf(target);
    const step = program.steps.find(({ kernel }) => kernel === "nn_conv2d_s8");
    if (!step) throw new Error("digits has no convolution");
    const { call } = costTableOf(target).plain.nn_conv2d_s8;
    expect(call).toBeGreaterThan(0);
    expect(costs.plain(program, step, 11) - costs.plain(program, step)).toBeCloseTo(10 * call, -1);
  });

  it("corrects variants so that a measured call costs what was measured", () => {
    const { program } = compileDigits({ target, optimize: "speed" });
    const step = program.steps.flatMap(kernelSteps).find(({ implementation }) => implementation);
    if (!step) throw new Error("no variant in digits");
    const known = [{ call: callKey(program, step), cycles: 7777, instructions: 1 }];
    const { modelled, call } = costsOf(target, known).variant(program, step, 5000);
    expect(modelled * 5000 + call).toBeCloseTo(7777, 6);
    const key = callKey(program, step);
    expect(key).toContain(firmwareCall(step).kernel);
    expect(key).not.toContain(step.node);
  });

  it("counts the inner loops of convolutions", () => {
    expect(runsOf({ params: { kernel_h: 3, in_c: 8, groups: 1 }, macs: 800 })).toBe(100);
    expect(runsOf({ params: { kernel_h: 3, in_c: 8, groups: 4 }, macs: 800 })).toBe(400);
    expect(runsOf({ params: { kernel_h: 3, in_c: 8, channel_multiplier: 1 }, macs: 72 })).toBe(0);
    expect(runsOf({ params: { kernel_h: 3, in_c: 8, channel_multiplier: 2 }, macs: 144 })).toBe(144);
    expect(runsOf({ params: { rows: 1 }, macs: 10 })).toBe(0);
  });
});
