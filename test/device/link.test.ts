/** The link: frames of both sides, and the client over a line that damages what it carries. */
import { execFile, spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { childTransport } from "../../src/device/child_transport.js";
import { type LinkClient, linkClient } from "../../src/device/link/client.js";
import { bytesOfFields, INFO_RECORD, MESSAGES, NO_LAYER } from "../../src/device/link/definition.js";
import { cobsDecode, cobsEncode, decodeFrame, encodeFrame, frameReader } from "../../src/device/link/frame.js";
import { checkProtocol, parseInfoRecord, parseReply, requestBody } from "../../src/device/link/messages.js";
import type { Transport } from "../../src/device/link/transport.js";
import { findProgram } from "../../src/device/process.js";
import { UserError } from "../../src/errors.js";
import { crc32 } from "../../src/io/crc32.js";
import { packagePath } from "../../src/io/package_path.js";
import { random } from "../random.js";
import { textRunner } from "./text_runner.js";

const SEED = { seed: 20240, numRuns: 300 };
const PAYLOAD_MAX = 1034;
const count = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => from + i);
const bytes = (...values: number[]) => Uint8Array.from(values);

/** Bytes with many zeros and runs about as long as a COBS block. */
const payload = fc
  .array(
    fc.oneof(
      fc.uint8Array({ maxLength: 40 }),
      fc.integer({ min: 252, max: 256 }).map((length) => new Uint8Array(length).fill(7)),
      fc.integer({ min: 1, max: 4 }).map((length) => new Uint8Array(length)),
    ),
    { minLength: 1, maxLength: 4 },
  )
  .map((parts) => Uint8Array.from(parts.flatMap((part) => [...part])).slice(0, PAYLOAD_MAX))
  .filter((all) => all.length > 0);

describe("CRC-32 and COBS", () => {
  test("the check value of CRC-32 of IEEE 802.3", () => {
    expect(crc32(Buffer.from("123456789"))).toBe(0xcbf43926);
    expect(crc32(bytes())).toBe(0);
  });

  // Vectors of Cheshire and Baker's method as commonly published, with blocks of 253 to 255 bytes.
  test.each([
    { name: "nothing", plain: [], coded: [1] },
    { name: "a zero", plain: [0], coded: [1, 1] },
    { name: "two zeros", plain: [0, 0], coded: [1, 1, 1] },
    { name: "a zero inside", plain: [0x11, 0x22, 0, 0x33], coded: [3, 0x11, 0x22, 2, 0x33] },
    { name: "zeros at the end", plain: [0x11, 0, 0, 0], coded: [2, 0x11, 1, 1, 1] },
    { name: "253 bytes", plain: count(1, 253), coded: [254, ...count(1, 253)] },
    { name: "253 bytes and a zero", plain: [...count(1, 253), 0], coded: [254, ...count(1, 253), 1] },
    { name: "254 bytes", plain: count(1, 254), coded: [255, ...count(1, 254)] },
    { name: "a zero and 254 bytes", plain: [0, ...count(1, 254)], coded: [1, 255, ...count(1, 254)] },
    { name: "255 bytes", plain: count(1, 255), coded: [255, ...count(1, 254), 2, 255] },
    { name: "254 bytes and a zero", plain: [...count(1, 254), 0], coded: [255, ...count(1, 254), 1, 1] },
    { name: "253 bytes, a zero, a byte", plain: [...count(3, 255), 0, 1], coded: [254, ...count(3, 255), 2, 1] },
  ])("$name", ({ plain, coded }) => {
    expect([...cobsEncode(bytes(...plain))]).toEqual(coded);
    expect([...cobsDecode(bytes(...coded))!]).toEqual(plain);
  });

  test("a code that reaches past the end is damage; a last empty block is not", () => {
    expect(cobsDecode(bytes(3, 1))).toBeUndefined();
    expect(cobsDecode(bytes(1, 0))).toBeUndefined();
    expect([...cobsDecode(bytes(255, ...count(1, 254), 1))!]).toEqual(count(1, 254));
  });
});

/** A device that answers each request with the body that `answer` gives, or not at all. */
function answering(answer: () => Uint8Array | undefined): Transport {
  const read = frameReader();
  let listener: (bytes: Uint8Array) => void = () => {};
  return {
    write: (stream) => {
      for (const request of read(stream)) {
        const body = answer();
        if (!request || !body) continue;
        const reply = encodeFrame(bytes(request[0] | 0x80, request[1], ...body));
        queueMicrotask(() => listener(reply));
      }
    },
    onBytes: (each) => {
      listener = each;
    },
    onEnd: () => {},
    close: async () => {},
  };
}

describe("frames", () => {
  test("come back from a stream cut anywhere, and hold no zero inside", () => {
    const cuts = fc.array(fc.integer({ min: 1, max: 300 }), { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(fc.array(payload, { maxLength: 4 }), cuts, (payloads, sizes) => {
        const frames = payloads.map(encodeFrame);
        for (const frame of frames) expect(frame.subarray(1, -1)).not.toContain(0);
        const stream = Uint8Array.from(frames.flatMap((frame) => [...frame]));
        const read = frameReader();
        const received: (Uint8Array | undefined)[] = [];
        for (let at = 0, i = 0; at < stream.length; at += sizes[i++ % sizes.length]) {
          received.push(...read(stream.subarray(at, at + sizes[i % sizes.length])));
        }
        expect(received).toEqual(payloads);
      }),
      SEED,
    );
  });

  test("any changed, lost or added byte is noticed", () => {
    const damage = fc.record({ kind: fc.constantFrom("change", "lose", "add"), at: fc.nat(), value: fc.nat(255) });
    fc.assert(
      fc.property(payload, damage, (content, { kind, at, value }) => {
        const frame = [...encodeFrame(content).subarray(1, -1)];
        const where = at % frame.length;
        if (kind === "change") frame[where] ^= value === 0 ? 1 : value;
        else if (kind === "lose") frame.splice(where, 1);
        else frame.splice(where, 0, value);
        const read = frameReader();
        const received = read(bytes(0, ...frame, 0));
        const whole = received.filter((one) => one !== undefined);
        // Nothing but a zero added at an end leaves the frame as it was.
        for (const one of whole) expect(one).toEqual(content);
        if (whole.length > 0) expect(kind === "add" && value === 0 && where === 0).toBe(true);
      }),
      { ...SEED, numRuns: 1000 },
    );
  });

  test("noise without end takes no memory, and the frame after it is read", () => {
    const read = frameReader();
    const noise = new Uint8Array(2 ** 20).fill(0x55);
    expect(read(noise)).toEqual([]);
    expect(read(encodeFrame(bytes(1, 2)))).toEqual([undefined, bytes(1, 2)]);
    expect(decodeFrame(bytes(1, 2))).toBeUndefined();
  });
});

describe.skipIf(findProgram("cc") === undefined)("both sides (needs cc)", () => {
  let folder: string;
  let driver: string;
  const link = packagePath("runtime-c", "link");
  const flags = (sanitisers: string) => [
    ...["-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Wshadow", "-Werror"],
    ...["-g", "-O1", `-fsanitize=${sanitisers}`, "-fno-sanitize-recover=all", "-I", link],
    fileURLToPath(new URL("link_driver.c", import.meta.url)),
    ...["link.c", "link_frame.c", "link_mlperf.c"].map((file) => join(link, file)),
  ];
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "onnx2mcu-link-"));
    driver = join(folder, "link_driver");
    await promisify(execFile)("cc", [...flags("address,undefined"), "-o", driver]);
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  function drive(args: readonly string[], input: Uint8Array = bytes()): Buffer {
    const { status, stdout, stderr } = spawnSync(driver, args, { input, maxBuffer: 2 ** 26 });
    expect({ status, stderr: stderr.toString() }).toEqual({ status: 0, stderr: "" });
    return stdout;
  }

  const samples = [
    ...fc.sample(payload, SEED),
    bytes(0),
    bytes(...count(1, 250)),
    new Uint8Array(PAYLOAD_MAX).fill(9),
    new Uint8Array(PAYLOAD_MAX),
  ];

  test("C writes the frames that the host writes", () => {
    const lengthOf = (all: Uint8Array) => [all.length & 255, all.length >> 8];
    const encoded = drive(["encode"], Buffer.concat(samples.map((all) => bytes(...lengthOf(all), ...all))));
    expect(encoded.equals(Buffer.concat(samples.map(encodeFrame)))).toBe(true);
  });

  test("C reads the frames that the host writes, and notices damaged, cut and overlong ones", () => {
    const damaged = encodeFrame(bytes(1, 2, 3)).with(3, 77);
    const overlong = encodeFrame(new Uint8Array(PAYLOAD_MAX + 1));
    const huge = encodeFrame(new Uint8Array(70_000).fill(5));
    const cut = bytes(0, 5, 1, 2, 0);
    const stream = [...samples.map(encodeFrame), damaged, overlong, huge, cut, encodeFrame(bytes(42))];
    const lines = drive(["decode"], Buffer.concat(stream)).toString().trim().split("\n");
    const hex = samples.map((all) => Buffer.from(all).toString("hex"));
    expect(lines).toEqual([...hex, ...new Array(4).fill("damaged"), "2a"]);
  });

  test("1,000,000 random and damaged frames crash nothing, and get proper replies", () => {
    expect(Number(drive(["fuzz", "1000000"]))).toBeGreaterThan(500_000);
  });

  test.skipIf(findProgram("clang") === undefined)(
    "libFuzzer finds nothing in 1,000,000 streams (needs clang)",
    async () => {
      const fuzzer = join(folder, "link_fuzzer");
      await promisify(execFile)("clang", [
        ...flags("fuzzer,address,undefined"),
        "-DLINK_FUZZER",
        "-DLINK_MLPERF_RUNS_MAX=4u",
        "-o",
        fuzzer,
      ]);
      const { status, stderr } = spawnSync(fuzzer, ["-runs=1000000", "-seed=1", "-max_len=96", "-timeout=10"], {
        cwd: folder,
        maxBuffer: 2 ** 26,
      });
      expect(stderr.toString()).toMatch(/DONE|Done 1000000 runs/);
      expect(status).toBe(0);
    },
  );

  /** The driver as a device, behind a line that treats each byte as `line` says: the bytes that arrive for one. */
  function device(line: (byte: number) => readonly number[]): Transport {
    const inner = childTransport(driver, ["serve"]);
    const carry = (all: Uint8Array) => Uint8Array.from([...all].flatMap(line));
    return {
      ...inner,
      write: (all) => inner.write(carry(all)),
      onBytes: (listener) => inner.onBytes((all) => listener(carry(all))),
    };
  }

  const [first, second] = [300, 5000].map((length, i) =>
    Uint8Array.from({ length }, (_, k) => (k * (31 + i) + k ** 2) % 256),
  );
  const mixed = second.map((byte, i) => byte ^ first[i % first.length]);

  /** The layers of a run of the driver, and what each took. */
  const layers = [
    { layer: 0, cycles: 100, bytes: mixed },
    { layer: 1, cycles: 200, bytes: bytes() },
    { layer: 2, cycles: 300, bytes: mixed.subarray(0, 4998) },
  ];

  async function exchange(client: LinkClient): Promise<Uint8Array[]> {
    const info = await client.info();
    expect(info).toMatchObject({ signature: "0123456789abcdef", name: "driver", layers: 3, arenaBytes: 77 });
    expect(info).toMatchObject({ inputBytes: [300, 5000], outputBytes: [5000, 4], board: "host", cycleHz: 1000 });
    await client.write(0, first);
    await client.write(1, second);
    expect(await client.run()).toEqual({ status: 0, stackBytes: 123, cycles: 607, layers: [] });
    return [await client.read(0, 5000), await client.read(1, 4)];
  }

  test("over a clean line: values, layers, cycles, log, and refusals", async () => {
    const client = linkClient(device((byte) => [byte]));
    try {
      expect(await exchange(client)).toEqual([mixed, bytes(1, 0, 0, 0)]);
      const all = { status: 0, stackBytes: 123, cycles: 607 };
      expect(await client.run({ pauses: [0, 1, 2], read: true })).toEqual({ ...all, layers });
      expect(await client.run({ pauses: [2], read: true })).toEqual({
        ...all,
        layers: [{ ...layers[2], cycles: 600 }],
      });
      const unread = layers.map((layer) => ({ ...layer, bytes: bytes() }));
      expect(await client.run({ pauses: [0, 1, 2] })).toEqual({ ...all, layers: unread });
      expect(await client.log()).toBe("started\n");
      expect(await client.log()).toBe("");
      await expect(client.read(2, 4)).rejects.toThrow(/refused.*no such model, input or output/);
      await expect(client.read(1, 5)).rejects.toThrow(/refused.*outside/);
      await expect(client.write(0, new Uint8Array(301))).rejects.toThrow(/refused.*outside/);
      await expect(client.info(1)).rejects.toThrow(/refused.*no such model/);
    } finally {
      await client.close();
    }
  });

  test("a host that vanished while a run paused leaves nothing behind", async () => {
    const line = device((byte) => [byte]);
    const gone = linkClient({ ...line, close: async () => {} });
    await exchange(gone);
    // Nobody resumes this one.
    line.write(encodeFrame(bytes(MESSAGES.run.type, 200, ...requestBody("run", { pause_at: 0 }))));
    const client = linkClient(line);
    try {
      const outputs = await exchange(client);
      expect(outputs[1]).toEqual(bytes(3, 0, 0, 0));
      line.write(encodeFrame(bytes(MESSAGES.resume.type, 201, ...requestBody("resume", { pause_at: NO_LAYER }))));
      expect(await client.read(1, 4)).toEqual(bytes(3, 0, 0, 0));
    } finally {
      await client.close();
    }
  });

  describe("a line that damages one byte in 500", () => {
    test.each([
      { name: "loses bytes", damage: (): number[] => [] },
      { name: "changes bytes", damage: (byte: number) => [byte ^ 0x10] },
      { name: "adds zeros", damage: (byte: number) => [byte, 0] },
      { name: "doubles bytes", damage: (byte: number) => [byte, byte] },
    ])("$name: everything comes right, and nothing is run twice", async ({ damage }) => {
      for (let seed = 1; seed <= 3; seed++) {
        const next = random(seed);
        let damaged = 0;
        const line = (byte: number) => {
          if (next() >= 1 / 500) return [byte];
          damaged++;
          return damage(byte);
        };
        const client = linkClient(device(line));
        try {
          expect(await exchange(client)).toEqual([mixed, bytes(1, 0, 0, 0)]);
          expect((await client.run({ pauses: [0, 1, 2], read: true })).layers).toEqual(layers);
          expect(await client.read(1, 4)).toEqual(bytes(2, 0, 0, 0));
        } finally {
          await client.close();
        }
        expect(damaged).toBeGreaterThan(20);
      }
    });

    test("changes the order of bytes: the same", async () => {
      const next = random(5);
      let held: number | undefined;
      const line = (byte: number): number[] => {
        if (held !== undefined) {
          const pair = [byte, held];
          held = undefined;
          return pair;
        }
        if (byte !== 0 && next() < 1 / 500) {
          held = byte;
          return [];
        }
        return [byte];
      };
      const client = linkClient(device(line));
      try {
        expect(await exchange(client)).toEqual([mixed, bytes(1, 0, 0, 0)]);
      } finally {
        await client.close();
      }
    });
  });

  test("a line that damages everything is called unfit", async () => {
    const noise = answering(() => undefined);
    let listener: (all: Uint8Array) => void = () => {};
    const client = linkClient({
      ...noise,
      write: () => queueMicrotask(() => listener(bytes(0, 5, 1, 2, 0))),
      onBytes: (each) => {
        listener = each;
      },
    });
    await expect(client.info()).rejects.toThrow(/60 answers in a row came damaged; check the cable/);
  });

  test("a stack that ran into the data fails the run", async () => {
    const reply = new Uint8Array(bytesOfFields(MESSAGES.run.reply));
    reply.fill(0xff, 13, 17);
    const error = await linkClient(answering(() => reply))
      .run()
      .catch((reason) => reason);
    expect(error).toMatchObject({ code: "E_LINK", message: expect.stringMatching(/stack ran into the data/) });
  });

  test("a port that is not up yet loses the first request; the next comes soon, and the silence stays as long", async () => {
    const times: number[] = [];
    const start = performance.now();
    const silent = answering(() => {
      times.push(performance.now() - start);
      return undefined;
    });
    await expect(linkClient(silent, { timeoutMs: 500 }).info()).rejects.toMatchObject({ code: "E_LINK" });
    expect(performance.now() - start).toBeGreaterThan(4 * 500 - 20);
    // After 200 ms, 600, 1100, 1600; timers may be late, not early.
    expect(times).toHaveLength(5);
    for (const [i, earliest] of [0, 200, 600, 1100, 1600].entries()) expect(times[i]).toBeGreaterThan(earliest - 20);
  });

  test("a device that is silent, or ends, is reported", async () => {
    const silent = linkClient(
      device(() => []),
      { timeoutMs: 20 },
    );
    await expect(silent.info()).rejects.toThrow(/did not answer for 0\.1 s; is the firmware running/);
    await silent.close();
    const ended = linkClient(childTransport(driver, ["absent"]));
    await expect(ended.info()).rejects.toThrow(/ended.*usage/);
    await expect(ended.info()).rejects.toMatchObject({ code: "E_LINK" });
  });

  /** The driver on a line with a rate at each end: bytes sent at another rate than the other end's come as rubbish. */
  function ratedDevice(broken: readonly number[] = []) {
    const child = spawn(driver, ["serve"], { stdio: ["pipe", "pipe", "pipe"] });
    const rates = { host: 115200, board: 115200 };
    child.stderr.on("data", (all: Buffer) => {
      rates.board = Number(all.toString().trim().split("\n").at(-1));
    });
    const garbled = (all: Uint8Array) => {
      const fine = rates.host === rates.board && !broken.includes(rates.host);
      return fine ? all : all.map((_, i) => (i % 5 === 0 ? 0 : 0x81));
    };
    const transport: Transport = {
      write: (all) => child.stdin.write(garbled(all)),
      onBytes: (listener) => child.stdout.on("data", (all: Buffer) => listener(garbled(all))),
      onEnd: () => {},
      close: async () => {
        child.kill("SIGKILL");
      },
      setBaud: async (rate) => {
        await new Promise((resolve) => setTimeout(resolve, 30));
        rates.host = rate;
      },
    };
    return { transport, rates };
  }

  test("the fastest rate that board and line can do is taken", async () => {
    const { transport, rates } = ratedDevice([2_000_000]);
    const client = linkClient(transport);
    try {
      await client.info();
      // The line cannot do the first, the board not the second.
      expect(await client.negotiate([2_000_000, 57_600, 921_600], 115_200)).toBe(921_600);
      expect(rates).toEqual({ host: 921_600, board: 921_600 });
      expect(await exchange(client)).toEqual([mixed, bytes(1, 0, 0, 0)]);
      // Another host begins at the first rate, and finds the board at another one.
      rates.host = 115_200;
      const other = linkClient(transport);
      expect(await exchange(other)).toEqual([mixed, bytes(2, 0, 0, 0)]);
      expect(rates.board).toBe(115_200);
    } finally {
      await client.close();
    }
  });

  test("a stream without a rate has none to negotiate", async () => {
    const client = linkClient(device((byte) => [byte]));
    expect(await client.negotiate([921_600], 115_200)).toBeNull();
    await client.close();
  });

  test("the runner of MLPerf Tiny finds its commands on the same line", async () => {
    const line = device((byte) => [byte]);
    const say = textRunner(line);
    try {
      await say("");
      expect(await say("name%")).toEqual(["m-name-dut-[onnx2mcu host]"]);
      expect(await say("profile%")).toEqual(["m-profile-[ULPMark for tinyML Firmware V0.0.1]", "m-model-[driver]"]);
      expect(await say("db load 299%")).toEqual(["e-[The input has 300 bytes]"]);
      expect(await say("db load 300%")).toEqual(["m-[Expecting 300 bytes]"]);
      const hex = Buffer.from(first).toString("hex");
      expect(await say(`db ${hex.slice(0, 101)}%`)).toEqual([
        "e-[Not hexadecimal, or more than was announced: db load again]",
      ]);
      await say("db load 300%");
      expect(await say(`db ${hex.slice(0, 100)}%`)).toEqual([]);
      expect(await say(`db ${hex.slice(100).toUpperCase()}%`)).toEqual(["m-load-done"]);
      const inferred = await say("infer 2 1%");
      // Input 1 is zero, so output 0 is input 0 over and over.
      const results = Array.from({ length: 5000 }, (_, i) => (first[i % 300] / 8 - 1).toFixed(3)).join(",");
      expect(inferred).toEqual([
        ...["m-warmup-start-1", "m-warmup-done", "m-infer-start-2"],
        expect.stringMatching(/^m-lap-us-\d+$/),
        expect.stringMatching(/^m-lap-us-\d+$/),
        "m-infer-done",
        `m-results-[${results}]`,
      ]);
      const [before, after] = inferred.slice(3, 5).map((line) => Number(line.slice("m-lap-us-".length)));
      expect(after - before).toBe((2 * 607 * 1_000_000) / 1000);
      expect(await say("results%")).toEqual([`m-results-[${results}]`]);
      expect(await say("nonsense%")).toEqual(["e-[Unknown command: nonsense]"]);
      // Frames go on working between them.
      expect(await linkClient(line).info()).toMatchObject({ name: "driver" });
    } finally {
      await line.close();
    }
  });
});

describe("messages", () => {
  test("info that is too short or of another version is refused", () => {
    expect(() => checkProtocol(1)).toThrow(/version 1 of the link, this tool 2/);
    expect(() => parseInfoRecord(new Uint8Array(bytesOfFields(INFO_RECORD) - 1))).toThrow(/too short/);
    const record = new Uint8Array(bytesOfFields(INFO_RECORD) + 3);
    record[bytesOfFields(INFO_RECORD) - 1] = 1;
    expect(() => parseInfoRecord(record)).toThrow(/too short/);
  });

  test("random replies are read or refused, never anything else", () => {
    const names = Object.keys(MESSAGES) as (keyof typeof MESSAGES)[];
    fc.assert(
      fc.property(fc.constantFrom(...names), fc.uint8Array({ maxLength: 80 }), (name, body) => {
        for (const parse of [() => parseReply(name, body), () => parseInfoRecord(body)]) {
          try {
            parse();
          } catch (error) {
            expect(error).toBeInstanceOf(UserError);
          }
        }
      }),
      { ...SEED, numRuns: 2000 },
    );
  });

  test("1,000,000 random and damaged frames leave the reader as it was", () => {
    const read = frameReader();
    const good = encodeFrame(bytes(1, 2, 3));
    const next = random(7);
    const below = (limit: number) => Math.floor(next() * limit);
    let frames = 0;
    let whole = 0;
    const stream = new Uint8Array(64);
    while (frames < 1_000_000) {
      for (let i = 0; i < stream.length; i++) stream[i] = below(4) === 0 ? 0 : below(256);
      if (below(8) === 0) stream.set(good, below(stream.length - good.length));
      for (const frame of read(stream)) {
        frames++;
        if (frame) whole++;
      }
    }
    expect(whole).toBeGreaterThan(1000);
    expect(read(bytes(0, ...good)).at(-1)).toEqual(bytes(1, 2, 3));
  });
});
