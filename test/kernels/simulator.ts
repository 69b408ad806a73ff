/**
 * Runs the C functions of variants in a simulated core, which computes with the instructions that they are written
 * for, and compares them with the host reference of their plain twin, byte for byte.
 */
import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect } from "vitest";
import { kernelFile } from "../../src/emit/library.js";
import { kernelOf } from "../../src/kernels/index.js";
import type { Implementation, Target, Variant } from "../../src/kernels/variant.js";
import { expectHeader } from "./c_header.js";
import { type CCall, type KernelCase, programText, RUNTIME_C, runTypeScript, WARNINGS } from "./harness.js";

const run = promisify(execFile);
const SUPPORT = fileURLToPath(new URL("./simulator", import.meta.url));

export interface Machine {
  readonly target: Target;
  readonly compiler: string;
  readonly flags: readonly string[];
  /** Start-up code and linker script below test/kernels/simulator. */
  readonly start: string;
  readonly script: string;
  readonly simulator: readonly string[];
}

/** A machine that makes calls in its own way: the bytes of the outputs, per call and output. */
export interface CallRunner {
  readonly target: Target;
  runCalls(calls: readonly CCall[]): Promise<Buffer[][]>;
}

const SEMIHOSTING = [
  ...["-display", "none", "-monitor", "none", "-serial", "none", "-chardev", "stdio,id=console"],
  ...["-semihosting-config", "enable=on,target=native,chardev=console", "-kernel"],
];
const cortexM = (cpu: string, isa: readonly string[], machine: string, float: readonly string[], origins: string) => ({
  target: { core: cpu, isa, flashWaitStates: 0 },
  compiler: "arm-none-eabi-gcc",
  flags: [
    ...[`-mcpu=${cpu}`, "-mthumb", ...float, "-nostartfiles", "--specs=nano.specs", "--specs=nosys.specs"],
    ...origins.split(" ").map((definition) => `-Wl,--defsym=${definition}`),
  ],
  start: "cortex_m.c",
  script: "cortex_m.ld",
  simulator: ["qemu-system-arm", "-machine", machine, ...SEMIHOSTING],
});

/** Cores in qemu with memory enough for any case. */
export const MACHINES = {
  "cortex-m0plus": cortexM("cortex-m0plus", ["armv6m"], "mps2-an385", [], "CODE=0 DATA=0x20000000"),
  "cortex-m3": cortexM("cortex-m3", ["thumb2"], "mps2-an385", [], "CODE=0 DATA=0x20000000"),
  "cortex-m4": cortexM(
    "cortex-m4",
    ["thumb2", "dsp", "fpv4-sp"],
    "mps2-an386",
    ["-mfpu=fpv4-sp-d16", "-mfloat-abi=hard"],
    "CODE=0 DATA=0x20000000",
  ),
  "cortex-m55": cortexM(
    "cortex-m55",
    ["thumb2", "dsp", "mve"],
    "mps3-an547",
    ["-mfloat-abi=hard"],
    "CODE=0x10000000 DATA=0x21000000",
  ),
  rv32imc: {
    target: { core: "rv32imc", isa: ["rv32im"], flashWaitStates: 0 },
    compiler: "riscv64-unknown-elf-gcc",
    flags: ["-march=rv32imc", "-mabi=ilp32", "-nostartfiles", "--specs=picolibc.specs"],
    start: "rv32.S",
    script: "rv32.ld",
    simulator: ["qemu-system-riscv32", "-machine", "virt", "-bios", "none", ...SEMIHOSTING],
  },
} satisfies Record<string, Machine>;

const PRINT_SEMIHOSTING = `void console_write(const char *text);

static void print(const void *data, size_t bytes) {
    static const char digits[] = "0123456789abcdef";
    char line[65];
    for (size_t i = 0; i < bytes;) {
        size_t n = 0;
        for (; i < bytes && n < sizeof line - 1; i++) {
            line[n++] = digits[((const unsigned char *)data)[i] >> 4];
            line[n++] = digits[((const unsigned char *)data)[i] & 15];
        }
        line[n] = 0;
        console_write(line);
    }
    console_write("\\n");
}
`;

/** One call of a variant, or in words why it refuses the call. */
export function implementationOf(variant: Variant, of: KernelCase, target: Target): Implementation | string {
  return variant.implement({ params: of.params, constants: of.constants ?? {} }, target);
}

/**
 * Runs every case with the variant in the simulator, out of place, in place where the C function may, and with the
 * output over the input as far as `lead` allows, and expects the bytes of the plain kernel.
 * Throws where the variant refuses a case.
 */
export async function expectVariantAgrees(
  variant: Variant,
  cases: readonly KernelCase[],
  machine: Machine | CallRunner,
) {
  const plain = kernelOf(variant.of);
  const calls = cases.flatMap((of, index) => {
    const found = implementationOf(variant, of, machine.target);
    if (typeof found === "string") throw new Error(`${variant.name} refuses case ${index}: ${found}`);
    const { kernel, params, constants, scratchBytes, lead } = found;
    const cFunction = variant.find(kernel)!;
    const call: CCall = { ...of, cFunction, params, constants, scratchBytes };
    const expected = runTypeScript(plain, of);
    const shared = cFunction.inPlace.filter(([i, o]) => of.inputs[i].length === of.outputs[o].count);
    return [
      call,
      ...shared.map((pair): CCall => ({ ...call, shared: pair })),
      ...(lead === undefined ? [] : [{ ...call, lead }]),
    ].map((made) => ({ index, made, expected }));
  });
  for (const cFunction of new Set(calls.map(({ made }) => made.cFunction))) expectHeader(cFunction);
  const made = calls.map((call) => call.made);
  const actual = await ("runCalls" in machine ? machine.runCalls(made) : runInSimulator(made, machine));
  for (const [i, { index, made, expected }] of calls.entries()) {
    for (const [k, output] of expected.entries()) {
      const host = Buffer.from(output.buffer, output.byteOffset, output.byteLength);
      const at = host.findIndex((byte, j) => byte !== actual[i][k]?.[j]);
      if (at < 0 && host.length === actual[i][k].length) continue;
      const how = made.shared ? ` in place [${made.shared}]` : made.lead === undefined ? "" : ` with lead ${made.lead}`;
      expect.fail(
        `${variant.name}, case ${index}${how}, output ${k}, byte ${at}: plain ${host[at]}, variant ${actual[i][k]?.[at]}; ${JSON.stringify(cases[index].params)}`,
      );
    }
  }
}

/** The bytes of the outputs, per call and output. */
async function runInSimulator(calls: readonly CCall[], machine: Machine): Promise<Buffer[][]> {
  const names = [...new Set(calls.map(({ cFunction }) => cFunction.name))];
  const folder = await mkdtemp(join(tmpdir(), `${names[0]}-`));
  try {
    const [source, elf] = [join(folder, "main.c"), join(folder, "main.elf")];
    await writeFile(source, programText(calls, PRINT_SEMIHOSTING));
    for (const name of names) {
      await writeFile(join(folder, `${name}.c`), kernelFile(name, "c"));
      await writeFile(join(folder, `${name}.h`), kernelFile(name, "h"));
    }
    const sources = [...names.map((name) => join(folder, `${name}.c`)), source, join(SUPPORT, machine.start)];
    const include = ["-I", folder, "-I", join(RUNTIME_C, "include")];
    const link = ["-T", join(SUPPORT, machine.script)];
    const options = { maxBuffer: 2 ** 28 };
    await run(
      machine.compiler,
      [...WARNINGS, "-Wno-pedantic", "-O2", ...machine.flags, ...include, ...sources, ...link, "-o", elf],
      options,
    );
    const [command, ...args] = machine.simulator;
    const { stdout } = await run(command, [...args, elf], { ...options, timeout: 240_000 });
    const lines = stdout.split("\n");
    return calls.map(({ outputs }) => outputs.map(() => Buffer.from(lines.shift() ?? "", "hex")));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
