/** The host's side of the link: asks, waits with a time limit, and asks again when a frame was lost or damaged. */
import { UserError } from "../../errors.js";
import { encodeFrame, frameReader } from "./frame.js";
import {
  type DeviceInfo,
  ERROR,
  ERROR_TEXT,
  HEADER_BYTES,
  LAYER,
  LAYER_HEADER_BYTES,
  parseInfo,
  REPLY,
  REQUEST,
  RUN_LAYERS,
  readBody,
  STACK_OVERFLOW,
  WRITE_HEADER_BYTES,
  writeBody,
} from "./messages.js";

/** A two-way stream of bytes: a serial port, a simulator's UART, a child process. */
export interface Transport {
  write(bytes: Uint8Array): void;
  /** One listener; called with what arrives. */
  onBytes(listener: (bytes: Uint8Array) => void): void;
  /** Called once, with the reason, when the stream ends. */
  onEnd(listener: (reason: string) => void): void;
  close(): Promise<void>;
}

export interface RunReply {
  /** What the model's run function returned; 0 is success. */
  readonly status: number;
  /** High-water mark of the stack; 0 where the board cannot tell. */
  readonly stackBytes: number;
  /** By layer, with `layers`: the bytes of its output. */
  readonly layers: readonly Uint8Array[];
}

export interface LinkClient {
  /** Opens a session with model `index` of the firmware; the other requests are about it. */
  info(index?: number): Promise<DeviceInfo>;
  write(input: number, bytes: Uint8Array): Promise<void>;
  run(layers: boolean): Promise<RunReply>;
  read(output: number, bytes: number): Promise<Uint8Array>;
  close(): Promise<void>;
}

export interface LinkOptions {
  /** Longest silence before a request is repeated. */
  readonly timeoutMs?: number;
  /** Longest inference. */
  readonly runTimeoutMs?: number;
}

const ATTEMPTS = 4;

/** First wait for the answer to info, ms: bytes sent before the firmware has set its serial port up are lost. */
const FIRST_WAIT = 200;

/** Waits that double up to `timeoutMs`, as long together as the attempts of other requests. */
function greetingWaits(timeoutMs: number): number[] {
  const waits: number[] = [];
  for (let wait = FIRST_WAIT, left = ATTEMPTS * timeoutMs; left > 0; left -= waits[waits.length - 1], wait *= 2) {
    waits.push(Math.min(wait, timeoutMs, left));
  }
  return waits;
}

const stackOverflow = () =>
  new UserError(
    "E_LINK",
    "the stack ran into the data in the board's RAM, so the results mean nothing; use a smaller model or a larger board",
  );

const damagedLayer = () =>
  new UserError("E_LINK", "a layer's output was damaged or lost on the way; run validate again");

export function linkClient(transport: Transport, options: LinkOptions = {}): LinkClient {
  const { timeoutMs = 3000, runTimeoutMs = 120_000 } = options;
  const read = frameReader();
  let sequence = 0;
  let payloadMax = 64;
  let layerCount = 0;
  let ended: string | undefined;
  let deliver: ((payload: Uint8Array | undefined) => void) | undefined;
  let fail: ((error: UserError) => void) | undefined;

  transport.onBytes((bytes) => {
    for (const payload of read(bytes)) deliver?.(payload);
  });
  transport.onEnd((reason) => {
    ended = reason;
    fail?.(new UserError("E_LINK", `the link to the board ended: ${reason}`));
  });

  /** One exchange; undefined when nothing usable came in time. */
  function exchange(
    type: number,
    body: Uint8Array,
    limit: number,
    onLayer: (body: Uint8Array) => void,
  ): Promise<Uint8Array | undefined> {
    const payload = new Uint8Array(HEADER_BYTES + body.length);
    payload[0] = type;
    payload[1] = sequence;
    payload.set(body, HEADER_BYTES);
    return new Promise((resolve, reject) => {
      let timer = setTimeout(() => finish(undefined), limit);
      const finish = (result: Uint8Array | undefined, error?: UserError) => {
        clearTimeout(timer);
        deliver = undefined;
        fail = undefined;
        if (error) reject(error);
        else resolve(result);
      };
      fail = (error) => finish(undefined, error);
      deliver = (answer) => {
        if (!answer || answer.length < HEADER_BYTES) return finish(undefined);
        const content = answer.subarray(HEADER_BYTES);
        if (answer[0] === (ERROR | REPLY) && content[0] === 1) return finish(undefined);
        if (answer[1] !== sequence) return undefined;
        if (answer[0] === (type | REPLY)) return finish(content);
        if (answer[0] === (LAYER | REPLY)) {
          clearTimeout(timer);
          timer = setTimeout(() => finish(undefined), limit);
          return onLayer(content);
        }
        if (answer[0] === (ERROR | REPLY)) {
          const reason = ERROR_TEXT[content[0]] ?? `error ${content[0]}`;
          return finish(undefined, new UserError("E_LINK", `the board refused a request: ${reason}`));
        }
        return undefined;
      };
      transport.write(encodeFrame(payload));
    });
  }

  async function request(
    type: number,
    body: Uint8Array,
    limits: readonly number[] = Array<number>(ATTEMPTS).fill(timeoutMs),
    onLayer: (body: Uint8Array) => void = () => {},
    onRetry: () => void = () => {},
  ): Promise<Uint8Array> {
    if (ended !== undefined) throw new UserError("E_LINK", `the link to the board ended: ${ended}`);
    sequence = (sequence % 255) + 1;
    for (const limit of limits) {
      const answer = await exchange(type, body, limit, onLayer);
      if (answer) return answer;
      onRetry();
    }
    throw new UserError("E_LINK", `the board did not answer ${limits.length} times; is the firmware running on it?`);
  }

  return {
    async info(index = 0) {
      const body = index === 0 ? new Uint8Array(0) : Uint8Array.of(index);
      const info = parseInfo(await request(REQUEST.info, body, greetingWaits(timeoutMs)));
      ({ payloadMax, layers: layerCount } = info);
      return info;
    },
    async write(input, bytes) {
      const chunk = payloadMax - HEADER_BYTES - WRITE_HEADER_BYTES;
      for (let offset = 0; offset < bytes.length; offset += chunk) {
        await request(REQUEST.write, writeBody(input, offset, bytes.subarray(offset, offset + chunk)));
      }
    },
    async run(layers) {
      // A repeated request repeats only the result, so layers come once: a damaged one fails the run.
      const parts: Uint8Array[][] = [];
      const received: number[] = [];
      let complete = true;
      const body = await request(
        REQUEST.run,
        Uint8Array.of(layers ? RUN_LAYERS : 0),
        Array<number>(ATTEMPTS).fill(runTimeoutMs),
        (part) => {
          if (part.length < LAYER_HEADER_BYTES) {
            complete = false;
            return;
          }
          const view = new DataView(part.buffer, part.byteOffset, part.length);
          const layer = view.getUint32(0, true);
          if (layer >= layerCount) {
            complete = false;
            return;
          }
          if (view.getUint32(4, true) !== (received[layer] ?? 0)) complete = false;
          parts[layer] = [...(parts[layer] ?? []), part.slice(LAYER_HEADER_BYTES)];
          received[layer] = (received[layer] ?? 0) + part.length - LAYER_HEADER_BYTES;
        },
        () => {
          if (layers) throw damagedLayer();
        },
      );
      if (body.length !== 8) throw new UserError("E_LINK", "the board's answer to run has a wrong length");
      if (!complete) throw damagedLayer();
      const view = new DataView(body.buffer, body.byteOffset, body.length);
      const stackBytes = view.getUint32(4, true);
      if (stackBytes === STACK_OVERFLOW) throw stackOverflow();
      return {
        status: view.getInt32(0, true),
        stackBytes,
        layers: parts.map((pieces) => new Uint8Array(Buffer.concat(pieces))),
      };
    },
    async read(output, bytes) {
      const result = new Uint8Array(bytes);
      const chunk = payloadMax - HEADER_BYTES;
      for (let offset = 0; offset < bytes; offset += chunk) {
        const count = Math.min(chunk, bytes - offset);
        const part = await request(REQUEST.read, readBody(output, offset, count));
        if (part.length !== count) throw new UserError("E_LINK", "the board sent less of an output than was asked for");
        result.set(part, offset);
      }
      return result;
    },
    close: () => transport.close(),
  };
}
