/** An ATmega2560 in qemu for expectVariantAgrees: its RAM takes a few calls at a time. */
import { execFile, spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { kernelFile } from "../../src/emit/library.js";
import { newArray } from "../../src/graph/ir.js";
import { type CCall, programText, RUNTIME_C, WARNINGS } from "./harness.js";

const run = promisify(execFile);

/** Of inputs, outputs and parameters: 8 KB less stack and C library. */
const RAM = 5500;
const PARAMS = 120;

const PRINT_USART = `#include <avr/io.h>

static void put(char c) {
    while ((UCSR0A & (1 << UDRE0)) == 0) {
    }
    UDR0 = (uint8_t)c;
}

static void print(const void *data, size_t bytes) {
    UCSR0B = 1 << TXEN0;
    for (size_t i = 0; i < bytes; i++) {
        put("0123456789abcdef"[((const unsigned char *)data)[i] >> 4]);
        put("0123456789abcdef"[((const unsigned char *)data)[i] & 15]);
    }
    put('\\n');
}
`;

function ramOf({ inputs, outputs, lead = 0, scratchBytes }: CCall): number {
  const input = inputs.reduce((sum, { byteLength }) => sum + byteLength, 0);
  const output = outputs.reduce((sum, { type, count }) => sum + newArray(type, count).byteLength, 0);
  return 2 * (input + output) + Math.abs(lead) + scratchBytes + PARAMS;
}

/** Calls in order, as many at a time as the RAM takes. */
function chunks(calls: readonly CCall[]): CCall[][] {
  const all: CCall[][] = [];
  let room = 0;
  for (const call of calls) {
    const bytes = ramOf(call);
    if (bytes > RAM) throw new Error(`a case takes ${bytes} bytes of RAM, the machine has ${RAM}`);
    if (bytes > room) {
      all.push([]);
      room = RAM;
    }
    all[all.length - 1].push(call);
    room -= bytes;
  }
  return all;
}

/** So many lines of what the firmware prints. */
function lines(elf: string, count: number): Promise<string[]> {
  const qemu = spawn("qemu-system-avr", ["-M", "mega2560", "-bios", elf, "-nographic", "-monitor", "none"]);
  return new Promise((resolve, reject) => {
    let text = "";
    const timer = setTimeout(() => qemu.kill(), 60_000);
    qemu.stdout.on("data", (data) => {
      text += data;
      if (text.split("\n").length > count) qemu.kill();
    });
    qemu.on("error", reject);
    qemu.on("close", () => {
      clearTimeout(timer);
      resolve(text.split("\n"));
    });
  });
}

async function runChunk(calls: readonly CCall[]): Promise<Buffer[][]> {
  const names = [...new Set(calls.map(({ cFunction }) => cFunction.name))];
  const folder = await mkdtemp(join(tmpdir(), `${names[0]}-`));
  try {
    const [source, elf] = [join(folder, "main.c"), join(folder, "main.elf")];
    await writeFile(source, programText(calls, PRINT_USART));
    for (const name of names) {
      await writeFile(join(folder, `${name}.c`), kernelFile(name, "c"));
      await writeFile(join(folder, `${name}.h`), kernelFile(name, "h"));
    }
    const flags = WARNINGS.map((flag) => (flag === "-std=c99" ? "-std=gnu99" : flag));
    const sources = [...names.map((name) => join(folder, `${name}.c`)), source];
    const include = ["-I", folder, "-I", join(RUNTIME_C, "include")];
    await run("avr-gcc", [...flags, "-Wno-pedantic", "-O2", "-mmcu=atmega2560", ...include, ...sources, "-o", elf]);
    const count = calls.reduce((sum, { outputs }) => sum + outputs.length, 0);
    const printed = await lines(elf, count);
    return calls.map(({ outputs }) => outputs.map(() => Buffer.from(printed.shift() ?? "", "hex")));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

export const AVR_MACHINE = {
  target: { core: "avr6", isa: ["avr"], flashWaitStates: 0 },
  async runCalls(calls: readonly CCall[]): Promise<Buffer[][]> {
    const all: Buffer[][] = [];
    for (const some of chunks(calls)) all.push(...(await runChunk(some)));
    return all;
  },
};
