/** The line of the RP2040's UART0, driven by register accesses as a firmware makes them. */
import { describe, expect, test } from "vitest";
import { pl011Line } from "../../../src/device/simulators/pl011_line.js";
import { Rp2040 } from "../../../src/device/simulators/rp2040_machine.js";

const UART0 = 0x4003_4000;
const [DATA, STATUS, FLAGS, DIVISOR, FRACTION, LINE, CONTROL] = [0x00, 0x04, 0x18, 0x24, 0x28, 0x2c, 0x30];
const [BUSY, RECEIVE_EMPTY, TRANSMIT_FULL, RECEIVE_FULL] = [0x08, 0x10, 0x20, 0x40];
const [FIFOS_8_BITS, ONE_8_BITS, ENABLE] = [0x70, 0x60, 0x301];
/** 115200 baud at 125 MHz: 67 + 52 / 64 times sixteen cycles of 8 ns a bit, ten bits. */
const CHARACTER = (67 + 52 / 64) * 16 * 8 * 10;

function machine(lineControl = FIFOS_8_BITS) {
  const chip = new Rp2040();
  const sent: number[] = [];
  const line = pl011Line(chip, (byte) => sent.push(byte));
  const write = (register: number, value: number) => chip.writeUint32(UART0 + register, value);
  const read = (register: number) => chip.readUint32(UART0 + register);
  write(DIVISOR, 67);
  write(FRACTION, 52);
  write(LINE, lineControl);
  write(CONTROL, ENABLE);
  return { chip, line, sent, write, read, elapse: (nanos: number) => chip.clock.tick(nanos) };
}

const bytes = (count: number) => Uint8Array.from({ length: count }, (_, i) => i + 1);

describe("receiving", () => {
  test("a byte is there after the time of a character, not before", () => {
    const { line, read, elapse } = machine();
    line.receive(Uint8Array.of(0x5a));
    elapse(CHARACTER - 1);
    expect(read(FLAGS) & RECEIVE_EMPTY).toBe(RECEIVE_EMPTY);
    elapse(1);
    expect(read(FLAGS) & RECEIVE_EMPTY).toBe(0);
    expect(read(DATA)).toBe(0x5a);
    expect(read(FLAGS) & RECEIVE_EMPTY).toBe(RECEIVE_EMPTY);
  });

  test.each([
    ["with its FIFO", FIFOS_8_BITS, 32],
    ["without", ONE_8_BITS, 1],
  ])("%s: what does not fit while the firmware is busy is lost, and it says so", (_how, control, depth) => {
    const { line, read, write, elapse } = machine(control);
    line.receive(bytes(depth));
    elapse(depth * CHARACTER);
    expect(read(FLAGS) & RECEIVE_FULL).toBe(RECEIVE_FULL);
    expect(read(STATUS)).toBe(0);
    line.receive(Uint8Array.of(0xff));
    elapse(CHARACTER);
    expect(read(STATUS)).toBe(0x08);
    write(STATUS, 0);
    expect(read(STATUS)).toBe(0);
    expect(Array.from({ length: depth }, () => read(DATA))).toEqual([...bytes(depth)]);
    expect(read(FLAGS) & RECEIVE_EMPTY).toBe(RECEIVE_EMPTY);
  });

  test("nothing arrives at a receiver that is off", () => {
    const { line, read, write, elapse } = machine();
    write(CONTROL, 0);
    line.receive(Uint8Array.of(1));
    elapse(2 * CHARACTER);
    expect(read(FLAGS) & RECEIVE_EMPTY).toBe(RECEIVE_EMPTY);
  });
});

test("sending takes the time of a character; behind the one that leaves, 32 wait", () => {
  const { sent, read, write, elapse } = machine();
  for (const byte of bytes(32)) write(DATA, byte);
  expect(read(FLAGS) & (BUSY | TRANSMIT_FULL)).toBe(BUSY);
  write(DATA, 33);
  expect(read(FLAGS) & (BUSY | TRANSMIT_FULL)).toBe(BUSY | TRANSMIT_FULL);
  write(DATA, 34);
  elapse(CHARACTER - 1);
  expect(sent).toEqual([]);
  elapse(1);
  expect(sent).toEqual([1]);
  expect(read(FLAGS) & TRANSMIT_FULL).toBe(0);
  elapse(31 * CHARACTER);
  expect(read(FLAGS) & BUSY).toBe(BUSY);
  elapse(CHARACTER);
  expect(sent).toEqual([...bytes(33)]);
  expect(read(FLAGS) & BUSY).toBe(0);
});

test("it waits who looks at the flags again at once, until something happens", () => {
  const { line, read, elapse } = machine();
  read(FLAGS);
  expect(line.waits()).toBe(false);
  elapse(80);
  read(FLAGS);
  expect(line.waits()).toBe(true);
  expect(line.quiet()).toBe(true);
  elapse(1000);
  read(FLAGS);
  expect(line.waits()).toBe(false);
  elapse(80);
  read(FLAGS);
  line.receive(Uint8Array.of(1));
  expect(line.waits()).toBe(true);
  expect(line.quiet()).toBe(false);
  elapse(CHARACTER);
  expect(line.waits()).toBe(false);
});
