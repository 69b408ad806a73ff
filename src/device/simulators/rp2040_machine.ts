/** An RP2040 of rp2040js that stops where the chip would fault, and its boot up to the second stage. */
import { type Logger, RP2040, type Simulator } from "rp2040js";

const FLASH = 0x1000_0000;
const FLASH_BYTES = 16 << 20;
/** Behind the last of its four images; the boot ROM is below the first. */
const FLASH_MAPPED_END = FLASH + 4 * FLASH_BYTES;
const RAM = 0x2000_0000;
const RAM_BYTES = 264 << 10;
/** Where the boot ROM puts the second stage, with its stack on top of it. */
const SECOND_STAGE = RAM + 0x4_1f00;
const SECOND_STAGE_BYTES = 256;

/** PUSH with LR, POP with PC. */
const isPushOrPopOfReturn = (opcode: number) => (opcode & 0xf700) === 0xb500;

/** The CRC-32 of the boot ROM: polynomial 04C11DB7h, most significant bit first, from FFFFFFFFh, not inverted (datasheet 2.8.1.3.1). */
export function bootChecksum(bytes: Uint8Array): number {
  let crc = 0xffff_ffff;
  for (const byte of bytes) {
    crc ^= byte << 24;
    for (let bit = 0; bit < 8; bit++) crc = (crc << 1) ^ (crc < 0 || crc >= 0x8000_0000 ? 0x04c1_1db7 : 0);
    crc |= 0;
  }
  return crc >>> 0;
}

/** What rp2040js only remarks on: memory, registers and instructions that it or the chip does not have. */
function strictLogger(fault: (what: string) => never): Logger {
  const stop = (component: string, message: string) => fault(`${component}: ${message}`);
  return { debug: () => {}, info: () => {}, warn: stop, error: stop };
}

/**
 * Throws an Error that says what and where, for accesses that are not aligned or lead nowhere, writes to flash, breakpoints,
 * and whatever rp2040js does not have.
 */
export class Rp2040 extends RP2040 {
  declare readonly clock: Simulator["clock"];

  constructor() {
    super();
    this.logger = strictLogger((what) => this.fault(what));
    this.onBreak = (code) => this.fault(`breakpoint ${code}`);
  }

  private fault(what: string): never {
    throw new Error(`the firmware stopped: ${what}, at 0x${((this.core.PC - 2) >>> 0).toString(16)}`);
  }

  private unaligned(address: number): never {
    return this.fault(`access to 0x${address.toString(16)}, which is not aligned`);
  }

  // In the order in which they are asked for most; sums of registers come unwrapped.
  override readUint16(sum: number): number {
    const address = sum >>> 0;
    if (address & 1) this.unaligned(address);
    if (address >= FLASH && address < FLASH + FLASH_BYTES) return this.flash16[(address - FLASH) >> 1];
    if (address >= RAM && address < RAM + RAM_BYTES) return this.sramView.getUint16(address - RAM, true);
    return super.readUint16(address);
  }

  override readUint8(sum: number): number {
    const address = sum >>> 0;
    if (address >= RAM && address < RAM + RAM_BYTES) return this.sram[address - RAM];
    if (address >= FLASH && address < FLASH + FLASH_BYTES) return this.flash[address - FLASH];
    return super.readUint8(address);
  }

  override readUint32(sum: number): number {
    const address = sum >>> 0;
    if (address & 3) this.unaligned(address);
    if (address >= RAM && address < RAM + RAM_BYTES) return this.sramView.getUint32(address - RAM, true);
    if (address >= FLASH && address < FLASH + FLASH_BYTES) return this.flashView.getUint32(address - FLASH, true);
    return super.readUint32(address);
  }

  override writeUint8(sum: number, value: number): void {
    const address = sum >>> 0;
    if (address >= RAM && address < RAM + RAM_BYTES) this.sram[address - RAM] = value;
    else this.writeElsewhere(address, () => super.writeUint8(address, value));
  }

  override writeUint16(sum: number, value: number): void {
    const address = sum >>> 0;
    if (address & 1) this.unaligned(address);
    if (address >= RAM && address < RAM + RAM_BYTES) this.sramView.setUint16(address - RAM, value, true);
    else this.writeElsewhere(address, () => super.writeUint16(address, value));
  }

  override writeUint32(sum: number, value: number): void {
    const address = sum >>> 0;
    if (address & 3) this.unaligned(address);
    if (address >= RAM && address < RAM + RAM_BYTES) this.sramView.setUint32(address - RAM, value, true);
    else this.writeElsewhere(address, () => super.writeUint32(address, value));
  }

  /** To peripherals, that is. */
  private writeElsewhere(address: number, write: () => void): void {
    if (address < FLASH_MAPPED_END) this.fault(`write to 0x${address.toString(16)}, which is read-only`);
    write();
  }

  /**
   * What the boot ROM does when BOOTSEL is not held: checks the first 256 bytes of the flash, and runs them in RAM.
   * Throws an Error where the ROM would wait for a program by USB instead.
   */
  boot(): void {
    const stage = this.flash.subarray(0, SECOND_STAGE_BYTES);
    const checksum = this.flashView.getUint32(SECOND_STAGE_BYTES - 4, true);
    if (bootChecksum(stage.subarray(0, -4)) !== checksum) {
      throw new Error("the flash does not begin with a second stage of the boot; build the project again");
    }
    this.sram.set(stage, SECOND_STAGE - RAM);
    const { core } = this;
    core.SP = SECOND_STAGE;
    core.LR = 0;
    core.PC = SECOND_STAGE;
  }

  /** One instruction; rp2040js forgets the return address among the words that PUSH and POP move. @returns its cycles */
  advance(): number {
    const { core, clock } = this;
    const moved = isPushOrPopOfReturn(this.readUint16(core.PC)) ? 1 : 0;
    const cycles = core.executeInstruction() + moved;
    clock.tick((cycles * 1e9) / this.clkSys);
    return cycles;
  }
}
