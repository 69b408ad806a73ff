import { describe, expect, test } from "vitest";
import { listBoards } from "../../src/device/boards.js";
import { cycleModelOf } from "../../src/device/profile/cycle_models.js";
import { wordCount } from "../../src/device/profile/instruction.js";
import { costOf, parseCounts, parseDisassembly } from "../../src/device/profile/qemu_counts.js";

const instruction = (line: string) => {
  const [mnemonic, ...operands] = line.split(" ");
  return { mnemonic, operands: operands.join(" ") };
};

function modelOf(core: string) {
  const model = cycleModelOf(core);
  if (!model) throw new Error(`no cycle model for ${core}`);
  return model;
}

/** Of a straight run. */
const cycles = (core: string, ...lines: string[]) => modelOf(core).blockCycles(lines.map(instruction));
/** Of one instruction that leaves the run for another place. */
const takenCycles = (core: string, line: string) => cycles(core, line) + modelOf(core).takenCycles(instruction(line));

describe("Cortex-M4", () => {
  test.each<[number, string[]]>([
    [0, []],
    [1, ["adds r0, r0, #1"]],
    [1, ["smlad r0, r1, r2, r3"]],
    [1, ["b.n 40 <loop>"]],
    [2, ["ldr r0, [r1]"]],
    [2, ["ldrsb.w r0, [r1], #1"]],
    [2, ["vldr s0, [r1]"]],
    [1, ["str.w r0, [r1]"]],
    [1, ["vstr s0, [r1]"]],
    [2 + 1 + 1, ["ldr r0, [r1]", "ldrb r2, [r3]", "ldrh r4, [r5]"]],
    [1 + 1, ["strb r0, [r1]", "ldr r2, [r3]"]],
    [2 + 1 + 2, ["ldr r0, [r1]", "adds r0, #1", "ldr r2, [r3]"]],
    [3 + 3, ["ldrd r0, r1, [r2]", "strd r0, r1, [r2]"]],
    [1 + 4, ["ldmia.w r0!, {r1, r2, r3, r4}"]],
    [1 + 5, ["push {r4, r5, r6, r7, lr}"]],
    [1 + 3, ["pop {r4, r5, pc}"]],
    [1 + 9, ["stmdb sp!, {r4, r5, r6, r7, r8, r9, sl, fp, lr}"]],
    [1 + 4, ["vpush {s16-s19}"]],
    [1 + 4, ["vpop {d8-d9}"]],
    [7 + 7, ["sdiv r0, r1, r2", "udiv r0, r1, r2"]],
    [1 + 1, ["vadd.f32 s0, s1, s2", "vcvt.s32.f32 s0, s0"]],
    [3 + 3 + 3 + 3, ["vfma.f32 s0, s1, s2", "vmla.f32 s0, s1, s2", "vnmls.f32 s0, s1, s2", "vfms.f32 s0, s1, s2"]],
    [14 + 14, ["vdiv.f32 s0, s1, s2", "vsqrt.f32 s0, s1"]],
  ])("%i cycles: %j", (expected, lines) => expect(cycles("cortex-m4", ...lines)).toBe(expected));

  test("a taken branch costs two more", () => {
    expect(takenCycles("cortex-m4", "bne.n 40")).toBe(3);
    expect(takenCycles("cortex-m4", "pop {r4, pc}")).toBe(1 + 2 + 2);
  });

  test("words of register lists", () => {
    expect(wordCount("sp!, {r4, r5, r6, r7, r8, r9, sl, fp, lr}")).toBe(9);
    expect(wordCount("{r0-r3, r9-fp, pc}")).toBe(8);
    expect(wordCount("{d8, d9}")).toBe(4);
  });
});

describe("Cortex-M0 and Cortex-M0+, as their manuals' tables have it", () => {
  test.each<[number, number, string]>([
    [1, 1, "adds r0, r0, #1"],
    [1, 1, "muls r0, r1"],
    [2, 2, "ldr r0, [r1]"],
    [2, 2, "strb r0, [r1, #3]"],
    [1 + 4, 1 + 4, "ldmia r0!, {r1, r2, r3, r4}"],
    [1 + 3, 1 + 3, "push {r4, r5, lr}"],
    [1 + 2, 1 + 2, "pop {r4, r5}"],
    [4 + 3, 3 + 3, "pop {r4, r5, pc}"],
    [3, 2, "b.n 40"],
    [3, 2, "bx lr"],
    [3, 2, "blx r3"],
    [3, 2, "mov pc, r3"],
    [1, 1, "mov r8, r3"],
    [4, 3, "bl 100"],
    [4, 3, "mrs r0, PRIMASK"],
    [1, 1, "bne.n 40"],
    [1, 1, "bics r0, r1"],
  ])("%i and %i cycles: %s", (m0, m0plus, line) => {
    expect(cycles("cortex-m0", line)).toBe(m0);
    expect(cycles("cortex-m0plus", line)).toBe(m0plus);
  });

  test("only a conditional branch has a price of its own for being taken", () => {
    expect(takenCycles("cortex-m0", "bne.n 40")).toBe(3);
    expect(takenCycles("cortex-m0plus", "bhi.n 40")).toBe(2);
    for (const line of ["b.n 40", "bl 100", "bx lr", "blx r3", "bics r0, r1", "pop {r4, pc}"]) {
      expect(takenCycles("cortex-m0", line)).toBe(cycles("cortex-m0", line));
    }
  });
});

test.each<[number, string]>([
  [1, "mul.w r0, r1, r2"],
  [2, "mla r0, r1, r2, r3"],
  [2, "mls r0, r1, r2, r3"],
  [4, "smull r0, r1, r2, r3"],
  [6, "smlal r0, r1, r2, r3"],
  [2, "ldr r0, [r1]"],
])("Cortex-M3: %i cycles: %s", (expected, line) => expect(cycles("cortex-m3", line)).toBe(expected));

describe("RV32IMC", () => {
  test.each<[number, string]>([
    [1, "addi a0,a0,1"],
    [1, "slli a0,a0,0x2"],
    [1, "snez a0,a0"],
    [1, "li a0,5"],
    [2, "lb a0,0(a1)"],
    [2, "lhu a0,0(a1)"],
    [2, "c.swsp ra,12(sp)"],
    [2, "sw a0,0(a1)"],
    [2, "ret"],
    [2, "jal ra,80000100"],
    [1, "jump_is_no_instruction"],
    [3, "mul a0,a1,a2"],
    [4, "mulhu a0,a1,a2"],
    [37, "remu a0,a1,a2"],
    [1, "bne a0,a1,80000100"],
  ])("%i cycles: %s", (expected, line) => expect(cycles("rv32imc", line)).toBe(expected));

  test("a taken branch costs two more, a jump what it costs", () => {
    for (const line of ["bne a0,a1,8000", "beqz a0,8000", "c.bnez a0,8000", "bgeu a0,a1,8000", "blez a0,8000"]) {
      expect(takenCycles("rv32imc", line)).toBe(3);
    }
    expect(takenCycles("rv32imc", "j 8000")).toBe(2);
  });
});

test("a board of the other simulators has the cycle model of its core, or none", () => {
  const without = listBoards().filter(({ core, isa }) => !cycleModelOf(core) && !isa.includes("avr"));
  expect([...new Set(without.map(({ core }) => core))].sort()).toEqual([
    "cortex-m55",
    "host",
    "xtensa-lx6",
    "xtensa-lx7",
  ]);
});

test("disassembly of objdump: code and data by address, in order; nothing else", () => {
  const text = `
firmware.elf:     file format elf32-littlearm

00000044 <Reset_Handler>:
      44:\tf04f 22e0 \tmov.w\tr2, #3758153728\t@ 0xe000e000
      48:\tb508      \tpush\t{r3, lr}
      4a:\t4770      \tbx\tlr
      4c:\t20000000 \t.word\t0x20000000
`;
  const { at, list } = parseDisassembly(text);
  expect([...at]).toEqual([
    [0x44, 0],
    [0x48, 1],
    [0x4a, 2],
    [0x4c, 3],
  ]);
  expect(list.slice(0, 3)).toEqual([
    { address: 0x44, mnemonic: "mov.w", operands: "r2, #3758153728" },
    { address: 0x48, mnemonic: "push", operands: "{r3, lr}" },
    { address: 0x4a, mnemonic: "bx", operands: "lr" },
  ]);
});

test("counts of the plugin: one list of blocks per stretch between marks", () => {
  const counts = parseCounts("S 12\nT 44 3 4\nF 44 3\nF 1f0 1\nS 0\nS 5\nT 1f0 5 1\n");
  expect(counts).toEqual([
    [
      {
        ...{ address: 0x44, instructions: 3, executions: 4 },
        followedBy: new Map([
          [0x44, 3],
          [0x1f0, 1],
        ]),
      },
    ],
    [],
    [{ address: 0x1f0, instructions: 5, executions: 1, followedBy: new Map() }],
  ]);
});

test("cost of counted blocks: a branch is taken when another place follows than the next address", () => {
  const code = parseDisassembly("  40:\t0000 \tnop\n  42:\td1fd \tbne.n\t40\n  44:\t0000 \tnop\n");
  const counts = (rest: string) => parseCounts(`S 0\nT 40 2 10\n${rest}`)[0];
  const model = modelOf("cortex-m4");
  expect(costOf(counts("F 40 9\nF 44 1\n"), code, model)).toEqual({ instructions: 20, cycles: 10 * 2 + 9 * 2 });
  expect(costOf(counts("F 44 10\n"), code, model)).toEqual({ instructions: 20, cycles: 20 });
  expect(costOf(counts(""), code, undefined)).toEqual({ instructions: 20, cycles: null });
  expect(() => costOf(counts("T 48 1 1\n"), code, model)).toThrow(/0x48; build the project again/);
});
