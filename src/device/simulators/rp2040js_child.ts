/**
 * Runs a firmware: node rp2040js_child.js <ELF> [<mark> <file>]. Standard input and output are UART0's line.
 * With a mark, each time that the firmware reaches that address, "<instructions> <cycles>" since the last time is appended to
 * the file; the instruction at the mark itself, which is its return, does not count.
 */
import { appendFileSync, createReadStream, readFileSync, writeFileSync, writeSync } from "node:fs";
import { loadedSegments } from "../elf_segments.js";
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

/** A step that counts, for a mark. */
function countingStep(at: number, file: string): () => void {
  writeFileSync(file, "");
  let instructions = 0;
  let cycles = 0;
  let begun = false;
  return () => {
    const marked = chip.core.PC === at;
    if (marked && begun) appendFileSync(file, `${instructions} ${cycles}\n`);
    cycles += chip.advance();
    instructions++;
    if (!marked) return;
    [instructions, cycles, begun] = [0, 0, true];
  };
}

const step = mark === undefined ? () => chip.advance() : countingStep(Number(mark), countsFile);

function sendAll(): void {
  const bytes = Uint8Array.from(sent.splice(0));
  for (let done = 0; done < bytes.length; ) done += writeSync(1, bytes, done);
}

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
  sendAll();
  running = !(line.waits() && line.quiet());
  if (running) setImmediate(run);
}

process.on("uncaughtException", ({ message }) => {
  process.stderr.write(`${message}\n`);
  process.exit(1);
});
createReadStream("", { fd: 0 })
  .on("data", (chunk) => {
    line.receive(chunk as Buffer);
    if (!running) run();
  })
  .on("end", () => process.exit(0))
  .on("error", () => process.exit(0));
chip.boot();
run();
