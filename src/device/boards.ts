/** The board files: data only, checked against one schema. Adding a board is adding a file to boards/. */
import { readdirSync, readFileSync } from "node:fs";
import { z } from "zod";
import { UserError } from "../errors.js";
import { packagePath } from "../io/package_path.js";
import type { Target } from "../kernels/variant.js";
import type { Memory } from "../plan/memories.js";
import { quoted } from "../quoted.js";

const region = z.strictObject({
  name: z.string().min(1),
  origin: z.int().nonnegative().optional().describe("first address"),
  bytes: z.int().positive(),
  waitStates: z.int().nonnegative().describe("extra clock cycles of an access"),
  cached: z.boolean().optional().describe("a cache or a prefetch buffer hides most of the wait states"),
  cacheBytes: z.int().positive().optional().describe("of the cache in front of it that holds data"),
  section: z
    .string()
    .optional()
    .describe(
      "linker section by which data is placed here; absent for the first region of its kind, where data goes by itself, and for those that firmware does not use",
    ),
  inScript: z
    .boolean()
    .optional()
    .describe("the framework's linker script has the section; otherwise the project brings it"),
  external: z
    .boolean()
    .optional()
    .describe(
      "flash beside the one of the firmware, which nothing is linked into: `generate --weights` may put weights there",
    ),
  reservedBytes: z
    .int()
    .nonnegative()
    .optional()
    .describe("taken by what the platform brings: boot loader, radio stack, framework, other partitions"),
});

const usbId = z.strictObject({
  vid: z.string().regex(/^[0-9a-f]{4}$/),
  pid: z.string().regex(/^[0-9a-f]{4}$/),
  what: z.string().min(1).describe("the chip or program that answers with it"),
});

/** Instruction sets that kernels may ask for, each with what a core that has it can do. */
export const INSTRUCTION_SETS = {
  armv6m: "Thumb of ARMv6-M, which every Cortex-M runs; 32-bit multiplication, no division, no long multiplication",
  thumb2: "32-bit Thumb of ARMv7-M and ARMv8-M Mainline: long multiplication, division, IT blocks, saturation",
  dsp: "DSP extension of Cortex-M4, M7, M33 and above: SMLAD, SXTB16, PKHBT ...",
  "fpv4-sp": "float32 of the FPv4-SP unit",
  "fpv5-sp": "float32 of the FPv5 unit",
  mve: "integer M-profile vector extension (Helium)",
  "mve-fp": "float16 and float32 M-profile vector extension",
  rv32im: "RISC-V RV32I with multiplication and division",
  rvc: "compressed RISC-V instructions",
  avr: "AVR with hardware multiplier (AVRe+): MUL, MULSU, LPM with post-increment",
} as const;

type InstructionSet = keyof typeof INSTRUCTION_SETS;

const boardSchema = z.strictObject({
  $schema: z.string().optional(),
  name: z
    .string()
    .regex(/^[a-z][a-z0-9-]*$/)
    .describe("as --board takes it; also the file name"),
  title: z.string().min(1).describe("for people"),
  core: z.string().min(1).describe("cortex-m4, rv32imc, avr5, host ..."),
  isa: z.array(z.enum(Object.keys(INSTRUCTION_SETS) as InstructionSet[])).describe(
    `instruction sets that kernels may ask for: ${Object.entries(INSTRUCTION_SETS)
      .map(([name, what]) => `${name} (${what})`)
      .join("; ")}`,
  ),
  clockHz: z.int().positive(),
  fpu: z.boolean().describe("float32 in hardware"),
  memory: z.strictObject({ flash: z.array(region).min(1), ram: z.array(region).min(1) }),
  platformio: z.strictObject({
    platform: z.string().min(1).describe('"bundled", or an official platform with its version: ststm32@19.0.0'),
    board: z.string().min(1).describe("PlatformIO's board id"),
    framework: z.string().optional(),
  }),
  chip: z.string().min(1).optional().describe("the microcontroller, as its maker orders it: STM32F446RET6"),
  vendor: z.string().min(1).optional().describe("who makes the board"),
  serial: z
    .strictObject({
      port: z
        .string()
        .min(1)
        .describe("what the host sees, in the framework's words: Serial (USART2 through the ST-LINK)"),
      tx: z.string().min(1).describe("pin, or USB"),
      rx: z.string().min(1).describe("pin, or USB"),
      native: z.boolean().describe("USB of the chip itself: no baud rate, and the port disappears while it resets"),
      maxBaud: z.int().positive().describe("highest rate that works in practice; any for native USB"),
      receiveBytes: z.int().positive().describe("bytes that the framework buffers while the firmware is busy"),
      usb: z.array(usbId).describe("ids by which the port is found; none when the adapter is the user's"),
      silentUsb: z
        .array(usbId)
        .optional()
        .describe("ids of its other USB connectors, where no firmware listens; what: which one to use instead"),
    })
    .optional()
    .describe("how the host talks to it; absent for simulated boards"),
  upload: z
    .strictObject({
      protocol: z
        .string()
        .min(1)
        .describe("PlatformIO's name: esptool, arduino, stlink, picotool, sam-ba, teensy-cli ..."),
      bootMode: z.string().min(1).describe("how a person brings the board into the state in which it takes an upload"),
    })
    .optional()
    .describe("how firmware gets onto it; absent for simulated boards"),
  power: z
    .strictObject({
      volts: z.number().positive(),
      activeMilliamps: z.number().positive().describe("of the chip at clockHz, running from flash, peripherals off"),
      sleepMicroamps: z
        .number()
        .nonnegative()
        .describe("of the chip in the deepest sleep that keeps RAM and wakes by timer"),
      error: z.number().positive().max(1).describe("share by which real boards differ: regulator, LEDs, temperature"),
      source: z.string().min(1).describe("datasheet, its revision and table"),
    })
    .optional()
    .describe("typical figures for estimates of energy; absent for simulated boards"),
  compile: z
    .strictObject({
      compiler: z.string().min(1),
      flags: z.array(z.string()).describe("machine flags with which the framework's core compiles"),
      debianPackages: z.array(z.string()),
    })
    .optional()
    .describe("a compiler of Debian that takes the core's own flags: its generated code is compiled in the tests"),
  build: z
    .strictObject({
      prefix: z.string().describe("of gcc, ar, size"),
      compiler: z.string().min(1),
      debianPackages: z.array(z.string()),
      archFlags: z.array(z.string()),
      linkFlags: z.array(z.string()),
      linkerScript: z.string().optional().describe("file in boards/sim/ldscripts"),
      defines: z.array(z.tuple([z.string(), z.string()])),
      support: z.array(z.string()).describe("files in boards/sim/support"),
    })
    .optional()
    .describe("how the bundled platform builds; absent for official platforms"),
  simulator: z
    .discriminatedUnion("kind", [
      z.strictObject({
        kind: z.literal("qemu"),
        command: z.string().min(1),
        machine: z.string().min(1).describe("qemu's name of it"),
        firmwareOption: z.enum(["-kernel", "-bios"]).describe("the option by which the machine takes an ELF"),
        args: z.array(z.string()),
        debianPackages: z.array(z.string()),
      }),
      z.strictObject({
        kind: z.literal("avr8js").describe("a megaAVR with USART0"),
        usartVector: z.int().positive().describe("number of the vector of USART0's receive interrupt"),
      }),
      z.strictObject({ kind: z.literal("rp2040js").describe("an RP2040 with UART0") }),
    ])
    .nullable(),
});

export type Board = Readonly<z.infer<typeof boardSchema>>;
/** A region of flash or RAM. */
export type Region = Readonly<z.infer<typeof region>>;

/** JSON Schema of a board file, for editors: boards/board.schema.json. */
export const boardJsonSchema = (): object => z.toJSONSchema(boardSchema);

const boardNames = () =>
  readdirSync(packagePath("boards"))
    .filter((file) => file.endsWith(".json") && file !== "board.schema.json")
    .map((file) => file.slice(0, -".json".length))
    .sort();

/** Checks the content of a board file. Throws E_BOARD_INVALID. */
export function parseBoard(text: string, name: string): Board {
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch {
    throw new UserError("E_BOARD_INVALID", `boards/${name}.json is not JSON`);
  }
  const parsed = boardSchema.safeParse(content);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new UserError("E_BOARD_INVALID", `boards/${name}.json: ${issue.path.join(".") || "file"}: ${issue.message}`);
  }
  const missing = (["chip", "vendor", "serial", "upload", "power"] as const).filter((key) => !parsed.data[key]);
  if (isReal(parsed.data) && missing.length > 0) {
    throw new UserError(
      "E_BOARD_INVALID",
      `boards/${name}.json: a board of an official platform needs ${missing.join(", ")}`,
    );
  }
  if (parsed.data.name !== name) {
    throw new UserError("E_BOARD_INVALID", `boards/${name}.json names the board ${quoted(parsed.data.name)}`);
  }
  return parsed.data;
}

export function listBoards(): Board[] {
  return boardNames().map((name) => loadBoard(name));
}

/** Throws E_BOARD_UNKNOWN, naming the boards there are. */
export function loadBoard(name: string): Board {
  const names = boardNames();
  if (!names.includes(name)) {
    throw new UserError("E_BOARD_UNKNOWN", `there is no board ${quoted(name)}; boards: ${names.join(", ")}`);
  }
  return parseBoard(readFileSync(packagePath("boards", `${name}.json`), "utf8"), name);
}

const total = (regions: readonly { bytes: number }[]) => regions.reduce((sum, { bytes }) => sum + bytes, 0);
/** A board on a desk, not in a simulator or on the host. */
export const isReal = (board: Board): boolean => board.platformio.platform !== "bundled";
/** Flash that the firmware is linked into. */
export const ownFlash = (board: Board) => board.memory.flash.filter(({ external }) => !external);
/** Flash beside it, mapped into memory. */
export const externalFlash = (board: Board) => board.memory.flash.filter(({ external }) => external === true);
export const flashBytes = (board: Board): number => total(ownFlash(board));
export const ramBytes = (board: Board): number => total(board.memory.ram);

const usable = ({ bytes, reservedBytes = 0 }: { bytes: number; reservedBytes?: number }) => bytes - reservedBytes;
/** Flash that firmware can have. */
export const usableFlash = (board: Board): number => ownFlash(board).reduce((sum, region) => sum + usable(region), 0);
/** Regions that an arena can lie in, with their index: that of other data first. */
const arenaRegions = ({ memory }: Board) =>
  memory.ram.map((region, index) => ({ region, index })).filter(({ region, index }) => index === 0 || region.section);
/** RAM that firmware can have, in all regions. */
export const usableRam = (board: Board): number =>
  arenaRegions(board).reduce((sum, { region }) => sum + usable(region), 0);
/** Share of the wait states of a cached region that accesses meet. */
const CACHED_SHARE = 0.1;
/**
 * Where an arena can lie on a board.
 * @param besides bytes of the first region that link, stack and static data take
 */
export function arenaMemories(board: Board, besides: number): Memory[] {
  return arenaRegions(board).map(({ region, index }) => ({
    ...{ index, name: region.name, bytes: Math.max(0, usable(region) - (index === 0 ? besides : 0)) },
    waiting: region.waitStates * (region.cached ? CACHED_SHARE : 1),
  }));
}

/** What kernels are chosen for. @param tables the memory that they lie in */
export function targetOf({ core, isa, memory }: Board, tables: Region = memory.flash[0]): Target {
  const { waitStates, cacheBytes } = tables;
  return { core, isa, flashWaitStates: waitStates, ...(cacheBytes && { tableCacheBytes: cacheBytes }) };
}
