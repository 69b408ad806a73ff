/** The RP2040 of rp2040js: its boot, what it faults on, and its counts against those of qemu for the same code. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { validateDevice } from "../../../src/compare/validate.js";
import { loadData } from "../../../src/data/load.js";
import { inputRows } from "../../../src/data/rows.js";
import { loadBoard } from "../../../src/device/boards.js";
import { childTransport } from "../../../src/device/child_transport.js";
import { deviceOver, openDevice } from "../../../src/device/device.js";
import { loadedSegments } from "../../../src/device/elf_segments.js";
import { buildProject } from "../../../src/device/pio.js";
import { benchProject } from "../../../src/device/profile/bench.js";
import { simulatorCommand } from "../../../src/device/simulator.js";
import { bootChecksum, Rp2040 } from "../../../src/device/simulators/rp2040_machine.js";
import { compileDigits, DIGITS_DATA, writeProject } from "../../digits.js";
import { hasToolsOf } from "../../tools.js";

const folder = mkdtempSync(join(tmpdir(), "onnx2mcu-rp2040-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A machine that executes these half-words in RAM. */
function machine(...code: number[]): Rp2040 {
  const chip = new Rp2040();
  for (const [i, half] of code.entries()) chip.writeUint16(0x2000_0000 + 2 * i, half);
  chip.core.PC = 0x2000_0000;
  chip.core.SP = 0x2000_1000;
  return chip;
}

test("the checksum of the boot is CRC-32/MPEG-2", () => {
  expect(bootChecksum(new TextEncoder().encode("123456789"))).toBe(0x0376_e6e7);
});

test("no firmware in the flash: it does not boot", () => {
  expect(() => new Rp2040().boot()).toThrow(/does not begin with a second stage/);
});

describe("what the chip faults on ends the run and says where", () => {
  const LOAD_WORD = 0x6808; // ldr r0, [r1]
  const LOAD_HALF = 0x8808;
  const STORE_WORD = 0x6008;
  const STORE_HALF = 0x8008;
  test.each([
    ["a word that is not aligned", LOAD_WORD, 0x2000_0102, /access to 0x20000102, which is not aligned, at 0x20000000/],
    ["a half-word that is not aligned", LOAD_HALF, 0x2000_0101, /not aligned/],
    ["writing such a word", STORE_WORD, 0x2000_0102, /not aligned/],
    ["writing such a half-word", STORE_HALF, 0x2000_0101, /not aligned/],
    ["behind the RAM", LOAD_WORD, 0x2004_2000, /invalid memory address/],
    ["writing behind the RAM", STORE_WORD, 0x2004_2000, /undefined address/],
    ["writing to flash", STORE_WORD, 0x1000_0200, /write to 0x10000200, which is read-only/],
    ["a register that is not there", LOAD_WORD, 0x4003_4f00, /UART0/],
  ])("%s", (_what, opcode, address, message) => {
    const chip = machine(opcode);
    chip.core.registers[1] = address;
    expect(() => chip.advance()).toThrow(message);
  });

  test("an instruction of ARMv7-M, and a breakpoint", () => {
    expect(() => machine(0xfbb0, 0xf0f1).advance()).toThrow(/not implemented/);
    expect(() => machine(0xbe01).advance()).toThrow(/breakpoint 1/);
  });
});

test("PUSH and POP take a cycle for each word, and two more to return (DDI 0484C, table 3-1)", () => {
  const chip = machine(0xb510, 0xb410, 0xbc10, 0xbd10);
  expect([1, 2, 3, 4].map(() => chip.advance())).toEqual([3, 2, 2, 5]);
});

const rp2040 = loadBoard("rp2040");
const qemu = loadBoard("qemu-cortex-m0plus");
describe.skipIf(![rp2040, qemu].every(hasToolsOf))("digits (needs its tools)", () => {
  const compiled = compileDigits({ name: "digits" });
  const built = async (board: typeof rp2040) => {
    const project = await writeProject(join(folder, board.name), compiled, board.name);
    return { project, ...(await buildProject(project.folder, board)) };
  };

  test("every layer takes the instructions and cycles that qemu and the model of the core give", async () => {
    const [ours, theirs] = [await built(rp2040), await built(qemu)];
    expect((await benchProject(ours.project)).layers).toEqual((await benchProject(theirs.project)).layers);
  });

  test("the firmware's own counter agrees with the simulator's, layer by layer", async () => {
    const { project } = await built(rp2040);
    const profile = await benchProject(project);
    const device = await openDevice(project, "simulator");
    try {
      const rows = inputRows(loadData(DIGITS_DATA), "inputs", [...project.manifest.inputs]);
      const result = await validateDevice(project, device, rows, { limit: 1, perLayer: true });
      expect(result.firmwareVsHost).toEqual([{ equal: true, mismatches: 0, maxAbsDiff: 0 }]);
      const ticks = result.layers.map(({ seconds }) => Math.round((seconds ?? 0) * rp2040.clockHz));
      expect(ticks.length).toBe(4);
      for (const [i, { cycles }] of profile.layers.entries()) {
        // Reading it takes some.
        expect(ticks[i]).toBeGreaterThan(cycles ?? 0);
        expect(ticks[i]).toBeLessThan((cycles ?? 0) + 200);
      }
    } finally {
      await device.close();
    }
  });

  test("at 2 Mbaud it computes what it computes at the first rate; a rate that the port cannot have is refused", async () => {
    const { project } = await built(rp2040);
    const { command, args } = simulatorCommand(project);
    const rates: number[] = [];
    const line = {
      ...childTransport(command, args),
      setBaud: async (rate: number) => {
        rates.push(rate);
      },
    };
    const inputs = [new Uint8Array(project.manifest.inputs[0].bytes).fill(3)];
    const slow = await openDevice(project, "simulator");
    const expected = await slow.run(inputs).finally(() => slow.close());
    const fast = await deviceOver(line, project, "line", [8_000_000, 2_000_000]);
    try {
      expect(rates).toEqual([2_000_000]);
      expect((await fast.run(inputs)).outputs).toEqual(expected.outputs);
    } finally {
      await fast.close();
    }
  });

  test("a second stage that was changed does not boot", async () => {
    const { elf } = await built(rp2040);
    const chip = new Rp2040();
    for (const { address, bytes } of loadedSegments(readFileSync(elf))) chip.flash.set(bytes, address - 0x1000_0000);
    chip.boot();
    expect(chip.core.PC).toBe(0x2004_1f00);
    chip.flash[0] ^= 1;
    expect(() => chip.boot()).toThrow(/second stage/);
  });
});
