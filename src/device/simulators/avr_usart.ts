/** USART0 of a megaAVR on avr8js, with what a line does that nobody waits for: bytes come at its rate, and get lost. */
import { AVRUSART, type CPU, usart0Config } from "avr8js";

const RXC = 0x80;
const TXC = 0x40;
const UDRE = 0x20;
const FE = 0x10;
const DOR = 0x08;
const UPE = 0x04;
const U2X = 0x02;

/** Bytes that wait behind the one that UDR0 gives: the second place of the buffer, and the shift register. */
const BEHIND = 2;
/** A firmware that has asked for a byte so many cycles ago still waits for one. */
const POLLING_CYCLES = 100;

export interface AvrLine {
  /** Puts bytes on the line; they arrive one after the other. */
  receive(bytes: Uint8Array): void;
  /** The firmware does nothing but wait for a byte, and none is on its way. */
  idle(): boolean;
}

/**
 * Only the transmitter is simpler than the chip's: it has one place, so UDRE0 comes with TXC0.
 * @param vector number of the receive interrupt's vector
 * @param transmit takes each byte that the firmware sends
 */
export function avrLine(cpu: CPU, vector: number, clockHz: number, transmit: (byte: number) => void): AvrLine {
  // A vector has two words.
  const [rxCompleteInterrupt, dataRegisterEmptyInterrupt, txCompleteInterrupt] = [0, 1, 2].map((n) => 2 * (vector + n));
  const config = { ...usart0Config, rxCompleteInterrupt, dataRegisterEmptyInterrupt, txCompleteInterrupt };
  const { UCSRA, UDR, UBRRL, UBRRH } = config;
  const usart = new AVRUSART(cpu, config, clockHz);
  usart.onByteTransmit = transmit;

  const wire: number[] = [];
  const behind: number[] = [];
  let arriving = false;
  let polledAt = Number.NEGATIVE_INFINITY;
  const status = () => cpu.data[UCSRA];

  function characterCycles(): number {
    const divisor = (((cpu.data[UBRRH] & 0x0f) << 8) | cpu.data[UBRRL]) + 1;
    const bits = 1 + usart.bitsPerChar + usart.stopBits + (usart.parityEnabled ? 1 : 0);
    return divisor * (status() & U2X ? 8 : 16) * bits;
  }

  function arrive(): void {
    const byte = wire.shift() as number;
    if (usart.rxEnable) {
      if ((status() & RXC) === 0) usart.writeByte(byte, true);
      else if (behind.length < BEHIND) behind.push(byte);
      else {
        // The start bit of this one took the place of the one in the shift register.
        behind[BEHIND - 1] = byte;
        cpu.data[UCSRA] |= DOR;
      }
    }
    arriving = false;
    expectNext();
  }

  function expectNext(): void {
    if (arriving || wire.length === 0) return;
    arriving = true;
    cpu.addClockEvent(arrive, characterCycles());
  }

  const { [UDR]: readData } = cpu.readHooks;
  cpu.readHooks[UDR] = (address) => {
    const byte = readData(address);
    cpu.data[UCSRA] &= ~DOR;
    const next = behind.shift();
    if (next !== undefined) usart.writeByte(next, true);
    return byte;
  };
  cpu.readHooks[UCSRA] = () => {
    polledAt = cpu.cycles;
    return status();
  };
  const { [UCSRA]: writeStatus } = cpu.writeHooks;
  cpu.writeHooks[UCSRA] = (value, old, address, mask) => {
    writeStatus(value, old, address, mask);
    // avr8js clears every flag; only TXC0 can be cleared, by writing a one.
    cpu.data[UCSRA] |= old & (RXC | UDRE | FE | DOR | UPE | (value & TXC ? 0 : TXC));
    return true;
  };

  return {
    receive(bytes) {
      wire.push(...bytes);
      expectNext();
    },
    idle: () => wire.length === 0 && (status() & (RXC | UDRE)) === UDRE && cpu.cycles - polledAt < POLLING_CYCLES,
  };
}
