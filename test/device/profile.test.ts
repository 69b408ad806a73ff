import { describe, expect, test } from "vitest";
import { blockCycles, TAKEN_BRANCH_CYCLES, wordCount } from "../../src/device/profile/cortex_m4_cycles.js";
import { parseCounts, parseDisassembly } from "../../src/device/profile/profile.js";

const cycles = (...lines: string[]) =>
  blockCycles(
    lines.map((line) => {
      const [mnemonic, ...operands] = line.split(" ");
      return { mnemonic, operands: operands.join(" ") };
    }),
  );

describe("the stated cycle model", () => {
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
  ])("%i cycles: %j", (expected, lines) => expect(cycles(...lines)).toBe(expected));

  test("a taken branch costs two more", () => expect(TAKEN_BRANCH_CYCLES).toBe(2));

  test("words of register lists", () => {
    expect(wordCount("sp!, {r4, r5, r6, r7, r8, r9, sl, fp, lr}")).toBe(9);
    expect(wordCount("{r0-r3, r9-fp, pc}")).toBe(8);
    expect(wordCount("{d8, d9}")).toBe(4);
  });
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
    { mnemonic: "mov.w", operands: "r2, #3758153728" },
    { mnemonic: "push", operands: "{r3, lr}" },
    { mnemonic: "bx", operands: "lr" },
  ]);
});

test("counts of the plugin: one list of blocks per stretch between marks", () => {
  const counts = parseCounts("S 12\nT 44 3 4 1\nS 0\nS 5\nT 1f0 5 1 0\n");
  expect(counts).toEqual([
    [{ address: 0x44, instructions: 3, executions: 4, taken: 1 }],
    [],
    [{ address: 0x1f0, instructions: 5, executions: 1, taken: 0 }],
  ]);
});
