/**
 * Runs a firmware: node rp2040js_child.js <ELF> [<mark> <file>]. Standard input and output are UART0's line.
 * With a mark, an address, it appends what the firmware takes from one time there to the next to the file (countingStep).
 */
import { readFileSync } from "node:fs";
import { loadedSegments } from "../elf_segments.js";
import { countingStep, onInput, sendAll } from "./firmware_child.js";
import { pl011Line } from "./pl011_line.js";
import { Rp2040 } from "./rp2040_machine.js";

const FLASH = 0x1000_0000;
/** Between looks at standard input. */
const SLICE_INSTRUCTIONS = 200_000;

const [elf, mark, countsFile] = process.argv.slice(2);

const chip = new Rp2040();
for (const { address, bytes } of loadedSegments(readFileSync(elf))) chip.flash.set(bytes, address - FLASH);
const sent: number[] = [];
const line = pl011Line(chip, (byte) => sent.push(byte));

let cycles = 0;
function advance(): void {
  cycles += chip.advance();
}

const at = Number(mark);
const counted = { step: advance, isMarked: () => chip.core.PC === at, cycles: () => cycles };
const step = mark === undefined ? advance : countingStep(counted, countsFile);

let running = false;

/**
 * As fast as this computer can. While the firmware only looks at the line, time goes on to the line's next byte at once; when
 * none is on its way, it stands still until one comes.
 */
function run(): void {
  for (let i = 0; i < SLICE_INSTRUCTIONS; i++) {
    step();
    if (!line.waits()) continue;
    if (line.quiet()) break;
    chip.clock.tick(chip.clock.nanosToNextAlarm);
  }
  sendAll(sent);
  running = !(line.waits() && line.quiet());
  if (running) setImmediate(run);
}

process.on("uncaughtException", ({ message }) => {
  process.stderr.write(`${message}\n`);
  process.exit(1);
});
onInput((bytes) => {
  line.receive(bytes);
  if (!running) run();
});
chip.boot();
run();
