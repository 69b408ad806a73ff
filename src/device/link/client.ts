/**
 * The host's side of the link: asks, waits with a time limit, and asks again when a frame was lost or damaged. Pieces
 * become smaller on a line that damages them, and larger again when it has stopped.
 */
import { UserError } from "../../errors.js";
import {
  bytesOfFields,
  ERROR,
  ERRORS,
  MESSAGES,
  type MessageName,
  NO_LAYER,
  READ_OF,
  REPLY,
  RUN_STATE,
  STACK_OVERFLOW,
} from "./definition.js";
import { encodeFrame, frameReader } from "./frame.js";
import {
  checkProtocol,
  type DeviceInfo,
  errorText,
  HEADER_BYTES,
  parseInfoRecord,
  parseReply,
  type Reply,
  requestBody,
} from "./messages.js";
import type { Transport } from "./transport.js";

/** What a run gave up to a layer: its pause behind it. */
export interface LayerReply {
  readonly layer: number;
  /** Ticks of the cycle counter since the run began or went on. */
  readonly cycles: number;
  /** Bytes of the layer's output; empty when they were not read. */
  readonly bytes: Uint8Array;
}

export interface RunReply {
  /** What the model's run function returned; 0 is success. */
  readonly status: number;
  /** High-water mark of the stack; 0 where the board cannot tell. */
  readonly stackBytes: number;
  /** Ticks of the cycle counter for the whole run without its pauses; 0 where there is none. */
  readonly cycles: number;
  /** In the order of execution, one for each pause. */
  readonly layers: readonly LayerReply[];
}

export interface RunOptions {
  /** Layers to pause behind, ascending. */
  readonly pauses?: readonly number[];
  /** Read the outputs of those layers. */
  readonly read?: boolean;
}

export interface LinkClient {
  /** Opens a session with model `index` of the firmware; the other requests are about it. */
  info(index?: number): Promise<DeviceInfo>;
  write(input: number, bytes: Uint8Array): Promise<void>;
  run(options?: RunOptions): Promise<RunReply>;
  read(output: number, bytes: number): Promise<Uint8Array>;
  /** What the firmware wrote to its log since it was asked last. */
  log(): Promise<string>;
  /** Tries faster rates of the line, the first one first; the rate that it has now, null for a line without one. */
  negotiate(rates: readonly number[], initial: number): Promise<number | null>;
  close(): Promise<void>;
}

export interface LinkOptions {
  /** Longest silence before a request is repeated; it is given up after GIVE_UP times as long. */
  readonly timeoutMs?: number;
  /** Longest inference, pauses aside. */
  readonly runTimeoutMs?: number;
}

/** Silence of so many times the limit means that nobody is there. */
const GIVE_UP = 4;
/** So many damaged answers in a row mean a line that is not fit for use. */
const MOST_DAMAGED = 60;
/** First wait for an answer, ms: what is sent before the firmware has set its serial port up is lost. */
const FIRST_WAIT = 200;
/** Shortest wait, ms: USB adapters hold bytes back for up to 16 ms each way, and this computer may be busy. */
const LEAST_WAIT = 100;
/** First wait for the end of a run, ms. */
const FIRST_RUN_WAIT = 1000;
/** Smallest piece of a tensor on a bad line; so many good ones in a row double it. */
const LEAST_PIECE = 16;
const GOOD_PIECES = 16;

/** How long to wait, and when to stop: limits double from try to try. */
interface Patience {
  readonly first: number;
  readonly most: number;
  readonly total: number;
  /** The answer takes as long as the model does: it tells nothing about the line. */
  readonly run?: boolean;
}

type Outcome =
  | { readonly kind: "answer"; readonly body: Uint8Array; readonly ms: number }
  | { readonly kind: "damaged" | "silent" };

const ended = (reason: string) => new UserError("E_LINK", `the link to the board ended: ${reason}`);
const silent = (ms: number) =>
  new UserError(
    "E_LINK",
    `the board did not answer for ${(ms / 1000).toFixed(1)} s; is the firmware running on it, and is this its port?`,
  );
const unfit = () =>
  new UserError(
    "E_LINK",
    `${MOST_DAMAGED} answers in a row came damaged; check the cable, ground and baud rate of the line`,
  );
const stackOverflow = () =>
  new UserError(
    "E_LINK",
    "the stack ran into the data in the board's RAM, so the results mean nothing; use a smaller model or a larger board",
  );

export function linkClient(transport: Transport, options: LinkOptions = {}): LinkClient {
  const { timeoutMs = 3000, runTimeoutMs = 120_000 } = options;
  const readFrames = frameReader();
  let sequence = 0;
  let payloadMax = 32;
  let over: string | undefined;
  let deliver: ((payload: Uint8Array | undefined) => void) | undefined;
  let fail: ((error: UserError) => void) | undefined;
  /** Typical time of an exchange, ms; unknown before the first. */
  let usual: number | undefined;
  let usualRun = FIRST_RUN_WAIT / 2;
  let piece = Number.POSITIVE_INFINITY;
  let good = 0;
  let logged = 0;

  transport.onBytes((bytes) => {
    for (const payload of readFrames(bytes)) deliver?.(payload);
  });
  transport.onEnd((reason) => {
    over = reason;
    fail?.(ended(reason));
  });

  /** One try: sends the request, and waits for its answer or for a sign of damage. */
  function exchange(name: MessageName, body: Uint8Array, limit: number): Promise<Outcome> {
    const { type } = MESSAGES[name];
    const start = performance.now();
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => finish({ kind: "silent" }), limit);
      const finish = (result: Outcome, error?: UserError) => {
        clearTimeout(timer);
        deliver = undefined;
        fail = undefined;
        if (error) reject(error);
        else resolve(result);
      };
      if (over !== undefined) return finish({ kind: "silent" }, ended(over));
      fail = (error) => finish({ kind: "silent" }, error);
      deliver = (answer) => {
        if (!answer || answer.length < HEADER_BYTES) return finish({ kind: "damaged" });
        const content = answer.subarray(HEADER_BYTES);
        const refused = answer[0] === (ERROR | REPLY);
        if (refused && content[0] === ERRORS.damaged.code) return finish({ kind: "damaged" });
        if (answer[1] !== sequence) return undefined;
        if (answer[0] === (type | REPLY)) {
          return finish({ kind: "answer", body: content.slice(), ms: performance.now() - start });
        }
        if (!refused) return undefined;
        const reason = `the board refused a request (${name}): ${errorText(content[0])}`;
        const way = name === "info" ? "; firmware of another version of this tool? generate and flash it again" : "";
        return finish({ kind: "damaged" }, new UserError("E_LINK", reason + way));
      };
      transport.write(encodeFrame(Uint8Array.of(type, sequence, ...body)));
    });
  }

  const patience = (): Patience => ({
    first: usual === undefined ? FIRST_WAIT : Math.min(timeoutMs, LEAST_WAIT + 4 * usual),
    most: timeoutMs,
    total: GIVE_UP * timeoutMs,
  });

  /**
   * Tries until there is an answer. `remake` gives the request anew after a failure; null: the same one again, under the
   * same number, so that the board does not do it twice.
   */
  async function request<Name extends MessageName>(
    name: Name,
    body: Uint8Array,
    { first, most, total, run = false }: Patience = patience(),
    remake: (() => Uint8Array) | null = null,
  ) {
    sequence = (sequence % 255) + 1;
    let current = body;
    let waited = 0;
    let damaged = 0;
    for (let wait = Math.min(first, most, total); ; ) {
      const outcome = await exchange(name, current, wait);
      if (outcome.kind === "answer") {
        // Only the time of a request that was not repeated is known.
        if (!run && waited === 0 && damaged === 0) {
          usual = usual === undefined ? outcome.ms : 0.8 * usual + 0.2 * outcome.ms;
        }
        good++;
        return { ...parseReply(name, outcome.body), ms: outcome.ms };
      }
      good = 0;
      if (outcome.kind === "damaged") damaged++;
      else waited += wait;
      if (damaged >= MOST_DAMAGED) throw unfit();
      if (waited >= total) throw damaged > 0 ? unfit() : silent(waited);
      if (outcome.kind === "silent") wait = Math.min(2 * wait, most, total - waited);
      if (remake) {
        sequence = (sequence % 255) + 1;
        current = remake();
      }
    }
  }

  /** How many bytes of a tensor go into the next piece, if `room` fit. */
  function pieceBytes(room: number, left: number): number {
    if (good >= GOOD_PIECES && piece < room) {
      piece *= 2;
      good = 0;
    }
    return Math.min(piece, room, left);
  }

  function shrink(room: number): void {
    piece = Math.max(LEAST_PIECE, Math.floor(Math.min(piece, room) / 2));
  }

  async function readBytes(of: number, index: number, bytes: number): Promise<Uint8Array> {
    const result = new Uint8Array(bytes);
    const room = payloadMax - HEADER_BYTES;
    for (let offset = 0; offset < bytes; ) {
      let count = pieceBytes(room, bytes - offset);
      const body = () => requestBody("read", { of, index, offset, count });
      const { rest } = await request("read", body(), patience(), () => {
        shrink(room);
        count = pieceBytes(room, bytes - offset);
        return body();
      });
      if (rest.length !== count) throw new UserError("E_LINK", "the board sent less of a tensor than was asked for");
      result.set(rest, offset);
      offset += count;
    }
    return result;
  }

  /** run and resume: their time is the model's. */
  async function proceed(name: "run" | "resume", pauseAt: number): Promise<Reply<"run">> {
    const first = Math.max(FIRST_RUN_WAIT, 2 * usualRun);
    const limits = { first, most: runTimeoutMs, total: runTimeoutMs, run: true };
    const { fields, ms } = await request(name, requestBody(name, { pause_at: pauseAt }), limits);
    usualRun = Math.max(ms, 0.9 * usualRun);
    if (fields.stack_bytes === STACK_OVERFLOW) throw stackOverflow();
    return fields;
  }

  async function info(index: number, limits?: Patience): Promise<DeviceInfo> {
    let record = new Uint8Array(0);
    for (;;) {
      const body = requestBody("info", { model: index, offset: record.length });
      const { fields, rest } = await request("info", body, limits ?? patience());
      checkProtocol(fields.protocol);
      record = Uint8Array.from([...record, ...rest]);
      if (record.length >= fields.total) break;
      if (rest.length === 0) throw new UserError("E_LINK", "the board's info ends early; flash the firmware again");
    }
    const found = parseInfoRecord(record);
    ({ payloadMax } = found);
    return found;
  }

  return {
    info: (index = 0) => info(index),
    async write(input, bytes) {
      const room = payloadMax - HEADER_BYTES - bytesOfFields(MESSAGES.write.request);
      for (let offset = 0; offset < bytes.length; ) {
        let count = pieceBytes(room, bytes.length - offset);
        const body = () => requestBody("write", { input, offset }, bytes.subarray(offset, offset + count));
        await request("write", body(), patience(), () => {
          shrink(room);
          count = pieceBytes(room, bytes.length - offset);
          return body();
        });
        offset += count;
      }
    },
    async run({ pauses = [], read = false } = {}) {
      const layers: LayerReply[] = [];
      let cycles = 0;
      let reply = await proceed("run", pauses[0] ?? NO_LAYER);
      while (reply.state === RUN_STATE.paused) {
        const { layer, layer_bytes: size } = reply;
        cycles += reply.cycles;
        const bytes = read ? await readBytes(READ_OF.layer, 0, size) : new Uint8Array(0);
        layers.push({ layer, cycles: reply.cycles, bytes });
        reply = await proceed("resume", pauses.find((wanted) => wanted > layer) ?? NO_LAYER);
      }
      return { status: reply.status, stackBytes: reply.stack_bytes, cycles: cycles + reply.cycles, layers };
    },
    read: (output, bytes) => readBytes(READ_OF.output, output, bytes),
    async log() {
      const parts: Uint8Array[] = [];
      for (;;) {
        const { fields, rest } = await request("log", requestBody("log", { offset: logged }));
        if (rest.length === 0) break;
        logged = fields.offset + rest.length;
        parts.push(rest);
      }
      return Buffer.concat(parts).toString("utf8");
    },
    async negotiate(rates, initial) {
      if (!transport.setBaud) return null;
      const quick = { first: FIRST_WAIT, most: FIRST_WAIT, total: 3 * FIRST_WAIT };
      for (const rate of rates) {
        const { fields } = await request("baud", requestBody("baud", { rate }));
        if (fields.rate !== rate) continue;
        await transport.setBaud(rate);
        try {
          await request("log", requestBody("log", { offset: logged }), quick);
          return rate;
        } catch (error) {
          if (over !== undefined || !(error instanceof UserError)) throw error;
          // Noise makes the board go back to its first rate, whatever it reads of these zeros.
          await transport.setBaud(initial);
          transport.write(new Uint8Array(32));
        }
      }
      return initial;
    },
    close: () => transport.close(),
  };
}
