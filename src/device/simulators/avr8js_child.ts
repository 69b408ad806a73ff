/**
 * Runs a firmware: node avr8js_child.js <AvrMachine as JSON> [<mark> <file>]. Standard input and output are USART0's line.
 * With a mark, a byte address, it appends what the firmware takes from one time there to the next to the file (countingStep).
 */
import { readFileSync } from "node:fs";
import { avrInstruction, CPU } from "avr8js";
import { loadedSegments } from "../elf_segments.js";
import { avrLine } from "./avr_usart.js";
import type { AvrMachine } from "./avr8js.js";
import { countingStep, onInput, sendAll } from "./firmware_child.js";

/** avr8js counts bytes of RAM from here. */
const REGISTERS_END = 0x100;
/** Data addresses of an ELF begin here; what lies there is copied from flash by the start-up code. */
const DATA_ORIGIN = 0x800000;
/** Between looks at whether the firmware waits, and at the line. */
const SLICE_CYCLES = 2_000;
const SLICES = 100;

const machine: AvrMachine = JSON.parse(process.argv[2]);
const [mark, countsFile] = process.argv.slice(3);

const flash = new Uint8Array(machine.flashBytes).fill(0xff);
for (const { address, bytes } of loadedSegments(readFileSync(machine.elf))) {
  if (address < DATA_ORIGIN) flash.set(bytes, address);
}
const cpu = new CPU(new Uint16Array(flash.buffer), machine.ramEnd - REGISTERS_END);
const sent: number[] = [];
const line = avrLine(cpu, machine.usartVector, machine.clockHz, (byte) => sent.push(byte));

function step(): void {
  avrInstruction(cpu);
  cpu.tick();
}

/** A byte address; the program counter counts words. */
const at = Number(mark) / 2;
const counted = { step, isMarked: () => cpu.pc === at, cycles: () => cpu.cycles };
const advance = mark === undefined ? step : countingStep(counted, countsFile);

let timer: NodeJS.Timeout | undefined;

/** As fast as this computer can; while the firmware only waits for a byte, at the chip's own pace. */
function run(): void {
  timer = undefined;
  let slices = 0;
  do {
    const end = cpu.cycles + SLICE_CYCLES;
    while (cpu.cycles < end) advance();
    slices++;
  } while (slices < SLICES && !line.idle());
  sendAll(sent);
  if (line.idle()) timer = setTimeout(run, (1000 * SLICE_CYCLES * slices) / machine.clockHz);
  else setImmediate(run);
}

onInput((bytes) => {
  line.receive(bytes);
  if (timer === undefined) return;
  clearTimeout(timer);
  run();
});
run();
