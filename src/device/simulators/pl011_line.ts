/** UART0 of an RP2040 on rp2040js, with what a line does that nobody waits for: bytes take their time, and get lost. */
import type { RP2040 } from "rp2040js";

const [DATA, STATUS, FLAGS] = [0x00, 0x04, 0x18];
const RECEIVE_EMPTY = 1 << 4;
const TRANSMIT_FULL = 1 << 5;
const RECEIVE_FULL = 1 << 6;
const TRANSMIT_EMPTY = 1 << 7;
const BUSY = 1 << 3;
const OVERRUN_IN_DATA = 1 << 11;
const OVERRUN_IN_STATUS = 1 << 3;

const FIFO_BYTES = 32;
/** A start bit, eight data bits, a stop bit. */
const CHARACTER_BITS = 10;
/** Two looks at the flags so near to each other are those of a loop that does nothing else. */
const LOOP_NANOS = 200;

export interface Pl011Line {
  /** Puts bytes on the line; they arrive one after the other. */
  receive(bytes: Uint8Array): void;
  /** The firmware does nothing but look whether the line has got on. */
  waits(): boolean;
  /** Nothing is on its way, in either direction. */
  quiet(): boolean;
}

/** Polled, without interrupts and DMA. @param transmit takes each byte when it has left */
export function pl011Line(chip: RP2040, transmit: (byte: number) => void): Pl011Line {
  const [uart] = chip.uart;
  const { clock } = chip;
  const wire: number[] = [];
  const received: number[] = [];
  const sending: number[] = [];
  let overrun = false;
  let lookedAt = Number.NEGATIVE_INFINITY;
  let waiting = false;

  const depth = () => (uart.fifosEnabled ? FIFO_BYTES : 1);
  const characterNanos = () => (CHARACTER_BITS * 16e9 * uart.baudDivider) / chip.clkPeri;

  /** Takes the first byte of a queue when it has had its time on the line, and so on. @returns starts that, unless it goes on */
  function paced(queue: number[], take: (byte: number) => void): () => void {
    let busy = false;
    const alarm = clock.createAlarm(() => {
      take(queue.shift() as number);
      busy = false;
      waiting = false;
      next();
    });
    function next(): void {
      if (busy || queue.length === 0) return;
      busy = true;
      alarm.schedule(characterNanos());
    }
    return next;
  }

  const expectNext = paced(wire, (byte) => {
    if (!uart.enabled || !uart.rxEnabled) return;
    if (received.length < depth()) received.push(byte);
    else overrun = true;
  });
  const sendNext = paced(sending, transmit);

  function flags(): number {
    const receive = received.length === 0 ? RECEIVE_EMPTY : received.length === depth() ? RECEIVE_FULL : 0;
    // The first of them is in the shift register.
    const behind = sending.length - 1;
    const send = behind >= depth() ? TRANSMIT_FULL : behind <= 0 ? TRANSMIT_EMPTY : 0;
    return receive | send | (sending.length > 0 ? BUSY : 0);
  }

  function takeData(): number {
    const flag = overrun ? OVERRUN_IN_DATA : 0;
    overrun = false;
    return (received.shift() ?? 0) | flag;
  }

  const readOther = uart.readUint32.bind(uart);
  uart.readUint32 = (offset) => {
    if (offset === DATA) {
      waiting = false;
      return takeData();
    }
    if (offset === STATUS) return overrun ? OVERRUN_IN_STATUS : 0;
    if (offset !== FLAGS) return readOther(offset);
    waiting = clock.nanos - lookedAt <= LOOP_NANOS;
    lookedAt = clock.nanos;
    return flags();
  };
  const writeOther = uart.writeUint32.bind(uart);
  uart.writeUint32 = (offset, value) => {
    waiting = false;
    if (offset === STATUS) overrun = false;
    else if (offset !== DATA) writeOther(offset, value);
    else if (uart.enabled && uart.txEnabled && sending.length - 1 < depth()) {
      sending.push(value & 0xff);
      sendNext();
    }
  };

  return {
    receive(bytes) {
      wire.push(...bytes);
      expectNext();
    },
    waits: () => waiting,
    quiet: () => wire.length === 0 && sending.length === 0,
  };
}
