/** What the processes of simulators that run in Node have in common: their line on standard input and output, and counts. */
import { appendFileSync, createReadStream, writeFileSync, writeSync } from "node:fs";

/** Writes all bytes that wait, and takes them away. */
export function sendAll(sent: number[]): void {
  const bytes = Uint8Array.from(sent.splice(0));
  for (let done = 0; done < bytes.length; ) done += writeSync(1, bytes, done);
}

/** Gives on what comes; the process ends with its input. */
export function onInput(receive: (bytes: Buffer) => void): void {
  createReadStream("", { fd: 0 })
    .on("data", (chunk) => receive(chunk as Buffer))
    .on("end", () => process.exit(0))
    .on("error", () => process.exit(0));
}

export interface Countable {
  /** Executes an instruction. */
  step(): void;
  /** Whether the next one is at the mark. */
  isMarked(): boolean;
  /** Since any moment. */
  cycles(): number;
}

/**
 * A step that appends "<instructions> <cycles>" since the last time to a file each time that the firmware reaches a mark; the
 * instruction at the mark itself, which is its return, does not count.
 */
export function countingStep(machine: Countable, file: string): () => void {
  writeFileSync(file, "");
  let instructions = 0;
  let from: number | undefined;
  return () => {
    const marked = machine.isMarked();
    if (marked && from !== undefined) appendFileSync(file, `${instructions} ${machine.cycles() - from}\n`);
    machine.step();
    instructions++;
    if (!marked) return;
    instructions = 0;
    from = machine.cycles();
  };
}
