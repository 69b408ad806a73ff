/** The line of a megaAVR's USART0, driven by register accesses as a firmware makes them. */
import { CPU } from "avr8js";
import { describe, expect, test } from "vitest";
import { avrLine } from "../../../src/device/simulators/avr_usart.js";

const [UCSRA, UCSRB, UBRRL, UDR] = [0xc0, 0xc1, 0xc4, 0xc6];
const [RXC, TXC, UDRE, DOR, U2X] = [0x80, 0x40, 0x20, 0x08, 0x02];
/** 115200 baud with double speed at 16 MHz: (16 + 1) * 8 cycles a bit, ten bits. */
const CHARACTER = 17 * 8 * 10;

function machine() {
  const cpu = new CPU(new Uint16Array(1024), 2048);
  const sent: number[] = [];
  const line = avrLine(cpu, 18, 16_000_000, (byte) => sent.push(byte));
  cpu.writeData(UBRRL, 16);
  cpu.writeData(UCSRA, U2X);
  cpu.writeData(UCSRB, 0x18);
  const elapse = (cycles: number) => {
    const end = cpu.cycles + cycles;
    while (cpu.cycles < end) {
      cpu.cycles++;
      cpu.tick();
    }
  };
  const status = () => cpu.readData(UCSRA);
  return { cpu, line, sent, elapse, status };
}

describe("receiving", () => {
  test("a byte is there after the time of a character, not before", () => {
    const { cpu, line, elapse, status } = machine();
    line.receive(Uint8Array.of(0x5a));
    elapse(CHARACTER - 1);
    expect(status() & RXC).toBe(0);
    elapse(1);
    expect(status() & RXC).toBe(RXC);
    expect(cpu.readData(UDR)).toBe(0x5a);
    expect(status() & RXC).toBe(0);
  });

  test("three bytes wait for a firmware that is busy; a fourth overruns and says so", () => {
    const { cpu, line, elapse, status } = machine();
    line.receive(Uint8Array.of(1, 2, 3));
    elapse(4 * CHARACTER);
    expect(status() & DOR).toBe(0);
    expect([cpu.readData(UDR), cpu.readData(UDR), cpu.readData(UDR)]).toEqual([1, 2, 3]);
    expect(status() & RXC).toBe(0);

    line.receive(Uint8Array.of(1, 2, 3, 4));
    elapse(5 * CHARACTER);
    expect(status() & DOR).toBe(DOR);
    expect([cpu.readData(UDR), cpu.readData(UDR), cpu.readData(UDR)]).toEqual([1, 2, 4]);
    expect(status() & (DOR | RXC)).toBe(0);
  });

  test("nothing arrives at a receiver that is off", () => {
    const { cpu, line, elapse, status } = machine();
    cpu.writeData(UCSRB, 0x08);
    line.receive(Uint8Array.of(1));
    elapse(2 * CHARACTER);
    expect(status() & RXC).toBe(0);
  });
});

test("sending takes the time of a character; TXC0 is cleared by writing a one, and by nothing else", () => {
  const { cpu, sent, elapse, status } = machine();
  cpu.writeData(UDR, 0x41);
  expect(sent).toEqual([0x41]);
  expect(status() & (UDRE | TXC)).toBe(0);
  elapse(CHARACTER);
  expect(status() & (UDRE | TXC)).toBe(UDRE | TXC);
  cpu.writeData(UCSRA, U2X);
  expect(status() & (UDRE | TXC)).toBe(UDRE | TXC);
  cpu.writeData(UCSRA, U2X | TXC);
  expect(status() & (UDRE | TXC)).toBe(UDRE);
});

test("idle: polled for a byte a moment ago, and none is on its way", () => {
  const { line, elapse, status } = machine();
  expect(line.idle()).toBe(false);
  status();
  expect(line.idle()).toBe(true);
  elapse(200);
  expect(line.idle()).toBe(false);
  line.receive(Uint8Array.of(1));
  status();
  expect(line.idle()).toBe(false);
});
