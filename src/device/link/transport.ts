/** What the link runs over: a two-way stream of bytes, as a serial port, a simulator's UART or a child process gives it. */
export interface Transport {
  write(bytes: Uint8Array): void;
  /** One listener; called with what arrives. */
  onBytes(listener: (bytes: Uint8Array) => void): void;
  /** Called once, with the reason, when the stream ends. */
  onEnd(listener: (reason: string) => void): void;
  close(): Promise<void>;
  /** Changes the rate once all that was written is on the line; absent for a stream without a rate. */
  setBaud?(rate: number): Promise<void>;
}

/** The end of a stream: told once, also to a listener that comes after it. */
export interface StreamEnd {
  /** Why it ended; undefined while it has not. */
  reason(): string | undefined;
  finish(reason: string): void;
  onEnd(listener: (reason: string) => void): void;
}

export function streamEnd(): StreamEnd {
  let tell: (reason: string) => void = () => {};
  let over: string | undefined;
  return {
    reason: () => over,
    finish(reason) {
      if (over !== undefined) return;
      over = reason;
      tell(reason);
    },
    onEnd(listener) {
      tell = listener;
      if (over !== undefined) listener(over);
    },
  };
}
