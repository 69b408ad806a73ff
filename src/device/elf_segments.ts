/** What a 32-bit little-endian ELF puts where. */
import { UserError } from "../errors.js";

const PT_LOAD = 1;

/** Bytes with the address at which they are programmed. Throws E_TOOL_FAILED for what is no such ELF. */
export function loadedSegments(elf: Uint8Array): { address: number; bytes: Uint8Array }[] {
  const view = new DataView(elf.buffer, elf.byteOffset, elf.byteLength);
  const isElf = elf.length >= 52 && view.getUint32(0) === 0x7f454c46 && elf[4] === 1 && elf[5] === 1;
  if (!isElf) throw new UserError("E_TOOL_FAILED", "the firmware is no 32-bit ELF; build the project again");
  const [table, size, count] = [view.getUint32(28, true), view.getUint16(42, true), view.getUint16(44, true)];
  return Array.from({ length: count }, (_, i) => {
    const word = (index: number) => view.getUint32(table + i * size + 4 * index, true);
    const [type, offset, , address, bytes] = [0, 1, 2, 3, 4].map(word);
    return { type, address, bytes: elf.subarray(offset, offset + bytes) };
  }).flatMap(({ type, ...segment }) => (type === PT_LOAD && segment.bytes.length > 0 ? [segment] : []));
}
