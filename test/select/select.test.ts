import { afterEach, describe, expect, it, vi } from "vitest";
import { compile } from "../../src/compile.js";
import { loadData } from "../../src/data/load.js";
import { inputRows } from "../../src/data/rows.js";
import { UserError } from "../../src/errors.js";
import { firmwareCall, kernelSteps, type Program } from "../../src/graph/program.js";
import nn_conv2d_s8 from "../../src/kernels/nn_conv2d_s8.js";
import { only, type Variant } from "../../src/kernels/variant.js";
import { type Optimize, selectKernels } from "../../src/select/select.js";
import { compileDigits } from "../digits.js";
import { hasShared, SHARED } from "../shared.js";

const made: Variant[] = [];
vi.mock("../../src/kernels/variants/index.js", () => ({
  variantsOf: (kernel: string) => made.filter(({ of }) => of === kernel),
  findVariantFunction: (name: string) => made.map((variant) => variant.find(name)).find((found) => found),
}));
afterEach(() => {
  made.length = 0;
});

const target = { core: "cortex-m4", isa: ["dsp"], flashWaitStates: 0 };
const plain = compileDigits({ optimize: "speed" }).program;

/** A convolution of so many cycles per output row, with scratch and tables as large as said. */
function variant(
  name: string,
  cycles: number,
  scratchBytes: number,
  more: Partial<{ table: number; rows: boolean; tableReadings: number }> = {},
) {
  const { table = 1, rows = true, tableReadings } = more;
  made.push({
    ...{ name, of: "nn_conv2d_s8", isa: "dsp", codeBytes: 100 },
    implement: ({ params }) => {
      if (params.kernel_h !== 3) return "no 3 x 3 window";
      const cost = cycles * (params.out_h as number);
      const weights = new Int8Array(table * 1000 + 10 * (params.out_c as number));
      const read = tableReadings !== undefined && { tableReadings };
      return {
        ...{ kernel: name, params, constants: { weights }, scratchBytes, ...read },
        cost: { cycles: cost, instructions: cost },
      };
    },
    find: only({
      ...{ name, inputs: 1, outputs: 1, params: nn_conv2d_s8.params, inPlace: [] },
      constants: [{ name: "weights", type: "int8" }],
      ...(!rows && { rows: () => undefined }),
    }),
  });
}

const variantsIn = (program: Program) =>
  program.steps.flatMap(kernelSteps).flatMap(({ implementation }) => implementation?.variant ?? []);
const select = (options: Parameters<typeof selectKernels>[2]) => selectKernels(plain, target, options);

describe("selectKernels", () => {
  it("takes the fastest variant for speed, whole layers, and says why not the others", () => {
    variant("fast", 10, 4096);
    variant("slow", 20, 0);
    const { program, rejected, decision } = select({ optimize: "speed" });
    expect(variantsIn(program).every((name) => name === "fast")).toBe(true);
    expect(program.steps.some(({ cascade }) => cascade)).toBe(false);
    expect(rejected.flat()).toContainEqual({ variant: "slow", why: expect.stringContaining("modelled cycles") });
    expect(decision.cycles).toBe(decision.leastCycles);
    const refused = rejected.flat().filter(({ why }) => why === "no 3 x 3 window");
    const others = plain.steps.filter(({ kernel, params }) => kernel === "nn_conv2d_s8" && params.kernel_h !== 3);
    expect(refused.length).toBe(2 * others.length);
  });

  it("weighs the waiting for tables in slow memory, which a cache that holds them spares", () => {
    variant("often", 10, 0);
    variant("once", 100, 0, { tableReadings: 1 });
    const chosen = (slow: object) =>
      new Set(variantsIn(selectKernels(plain, { ...target, ...slow }, { optimize: "speed" }).program));
    expect(chosen({})).toEqual(new Set(["often"]));
    expect(chosen({ flashWaitStates: 5 })).toEqual(new Set(["once"]));
    expect(chosen({ flashWaitStates: 5, tableCacheBytes: 65_536 })).toEqual(new Set(["often"]));
  });

  it("gives up a variant with scratch for RAM, and not for speed", () => {
    variant("fast", 10, 4096);
    expect(variantsIn(select({ optimize: "ram" }).program)).toEqual([]);
    expect(select({ optimize: "ram" }).plan.arenaBytes).toBe(768);
    expect(select({ optimize: "speed" }).plan.arenaBytes).toBeGreaterThan(4096);
  });

  it("balances: RAM that costs few cycles, and at most 15 % more of them", () => {
    variant("fast", 10, 4096);
    // Plain convolutions would take far more cycles than 15 % of all: the scratch stays.
    const { decision, plan } = select({ optimize: "balanced" });
    expect(decision.cycles).toBeLessThanOrEqual(1.15 * decision.leastCycles);
    expect(plan.arenaBytes).toBeGreaterThan(4096);
    variant("lean", 10.01, 0);
    const better = select({ optimize: "balanced" });
    expect(better.decision.cycles).toBeLessThanOrEqual(1.15 * better.decision.leastCycles);
    expect(better.plan.arenaBytes).toBeLessThan(4096);
  });

  it("balances: no cycles for hardly less RAM", () => {
    variant("fast", 1000, 4096);
    // A tenth more cycles for 32 bytes.
    variant("lean", 1100, 4064);
    const before = select({ optimize: "speed" });
    const { decision, plan } = select({ optimize: "balanced" });
    expect(variantsIn(select({ optimize: "balanced", cascades: false }).program)).not.toContain("lean");
    expect(plan.arenaBytes * decision.cycles ** 2).toBeLessThanOrEqual(
      before.plan.arenaBytes * before.decision.cycles ** 2,
    );
  });

  it("puts no variant that cannot be cut into a cascade", () => {
    variant("whole", 10, 0, { rows: false });
    const { program } = select({ optimize: "ram" });
    const stages = program.steps.flatMap((step) => (step.cascade ? kernelSteps(step) : []));
    expect(stages.length).toBeGreaterThan(1);
    expect(stages.map((step) => firmwareCall(step).kernel)).not.toContain("whole");
  });

  it("keeps a limit of RAM with the fewest cycles, or names the smallest arena there is", () => {
    const { arenaBytes } = select({ optimize: "ram" }).plan;
    const { plan } = select({ optimize: "speed", maxRam: 1000 });
    expect(plan.arenaBytes).toBeLessThanOrEqual(1000);
    expect(select({ optimize: "speed", maxRam: arenaBytes }).plan.arenaBytes).toBe(arenaBytes);
    expect(() => select({ optimize: "speed", maxRam: arenaBytes - 1 })).toThrow(UserError);
    expect(() => select({ maxRam: arenaBytes - 1 })).toThrow(new RegExp(`${arenaBytes} bytes of RAM .*--max-ram`));
    const whole = select({ optimize: "ram", cascades: false }).plan.arenaBytes;
    expect(whole).toBeGreaterThan(arenaBytes);
    expect(() => select({ cascades: false, maxRam: whole - 1 })).toThrow(`needs ${whole} bytes`);
  });

  it("takes no kernel five times slower for 20 bytes of flash, where those cycles are many", () => {
    variant("slow", 50_000, 0, { table: 0 });
    variant("fast", 10_000, 0, { table: 0.02 });
    expect(new Set(variantsIn(select({ optimize: "flash" }).program))).toEqual(new Set(["fast"]));
    // Of so few cycles a byte costs less than 4,000.
    made.length = 0;
    variant("slow", 500, 0, { table: 0 });
    variant("fast", 100, 0, { table: 0.02 });
    expect(new Set(variantsIn(select({ optimize: "flash" }).program))).toEqual(new Set(["slow"]));
  });

  it("counts code once: a further function pays with all of its steps or not at all", () => {
    // 40 bytes less in each of the steps, but 100 of code.
    variant("large", 100, 0, { table: 0.04 });
    variant("small", 100, 0, { table: 0 });
    const chosen = variantsIn(select({ optimize: "flash" }).program);
    expect(chosen.length).toBeGreaterThan(2);
    expect(new Set(chosen)).toEqual(new Set(["small"]));
  });

  it("balances: flash that costs few cycles, and at most 5 % more of them", () => {
    variant("fast", 10_000, 0, { table: 5 });
    variant("small", 10_100, 0, { table: 1 });
    const of = (optimize: Optimize) => new Set(variantsIn(select({ optimize, cascades: false }).program));
    expect(of("speed")).toEqual(new Set(["fast"]));
    expect(of("balanced")).toEqual(new Set(["small"]));
    made.length = 0;
    variant("fast", 10_000, 0, { table: 5 });
    variant("small", 16_000, 0, { table: 1 });
    const { decision, program } = select({ optimize: "balanced", cascades: false });
    expect(decision.cycles).toBeLessThanOrEqual(1.05 * decision.leastCycles);
    expect(variantsIn(program)).toContain("fast");
  });

  it("keeps a limit of flash with small tables, or names the smallest", () => {
    variant("fast", 10, 0, { table: 5 });
    expect(variantsIn(select({ optimize: "speed" }).program)).toContain("fast");
    expect(variantsIn(select({ optimize: "flash" }).program)).toEqual([]);
    expect(variantsIn(select({ optimize: "speed", maxFlash: 9_000 }).program)).not.toContain("fast");
    expect(() => select({ maxFlash: 100 })).toThrow(/bytes of flash .*--max-flash/);
  });

  it("keeps a limit of flash with a variant between the fastest and the smallest, for no more steps than it takes", () => {
    variant("fast", 10, 0, { table: 5 });
    variant("middle", 20, 0, { table: 2 });
    const chosen = (maxFlash?: number) =>
      variantsIn(select({ optimize: "speed", ...(maxFlash !== undefined && { maxFlash }) }).program);
    const all = chosen();
    expect(new Set(all)).toEqual(new Set(["fast"]));
    expect(all.length).toBeGreaterThan(2);
    // Each step in "middle" saves 3,000 bytes, and its code is 100.
    const bytes = 5000 * all.length;
    const some = chosen(bytes - 2000);
    expect(some.filter((name) => name === "fast").length).toBeGreaterThan(0);
    expect(some.filter((name) => name === "middle").length).toBeGreaterThan(0);
    expect(some).toHaveLength(all.length);
  });

  it("keeps no tables of what was not chosen", () => {
    variant("fast", 10, 4096);
    const { program } = select({ optimize: "ram" });
    expect(program.constants.length).toBe(plain.constants.length);
    expect(program.constants.every(({ id }, index) => id === index)).toBe(true);
  });
});

/** Bytes of the arena with plain kernels: alone, and with cascades. Targets of RAM in all are 200 to 400 bytes above. */
const FIGURES: readonly [string, Record<Optimize, number>][] = [
  ["mlperf_kws", { speed: 10_048, flash: 10_048, balanced: 10_048, ram: 10_048 }],
  ["mlperf_vww", { speed: 36_896, flash: 36_896, balanced: 29_952, ram: 29_952 }],
  ["mlperf_ic", { speed: 33_312, flash: 33_312, balanced: 18_960, ram: 18_960 }],
  ["mlperf_ad", { speed: 768, flash: 768, balanced: 768, ram: 768 }],
  ["tinymaix_mnist_dw", { speed: 1712, flash: 1712, balanced: 1136, ram: 1136 }],
];

describe.skipIf(!hasShared)("arenas of real models (needs ../shared)", () => {
  it.each(FIGURES)("%s", (model, figures) => {
    const rows = hasShared ? loadData(`${SHARED}/models/${model}/data.npz`) : undefined!;
    const { program } = compile(`${SHARED}/models/${model}/model.onnx`, {
      optimize: "speed",
      // The ranges do not matter here.
      calibration: (inputs) => ({ ...inputRows(rows, "calibration", inputs), rows: 2 }),
    });
    for (const [optimize, bytes] of Object.entries(figures))
      expect(selectKernels(program, target, { optimize: optimize as Optimize }).plan.arenaBytes).toBe(bytes);
  });
});
