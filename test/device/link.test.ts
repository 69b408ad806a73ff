/** The link: frames of both sides, and the client over a line that damages what it carries. */
import { execFile, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { childTransport } from "../../src/device/child_transport.js";
import { type LinkClient, linkClient, type Transport } from "../../src/device/link/client.js";
import { cobsDecode, cobsEncode, crc32, decodeFrame, encodeFrame, frameReader } from "../../src/device/link/frame.js";
import { parseInfo } from "../../src/device/link/messages.js";
import { findProgram } from "../../src/device/process.js";
import { UserError } from "../../src/errors.js";
import { packagePath } from "../../src/io/package_path.js";

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
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "onnx2mcu-link-"));
    driver = join(folder, "link_driver");
    const link = packagePath("runtime-c", "link");
    const sources = [
      fileURLToPath(new URL("link_driver.c", import.meta.url)),
      join(link, "link.c"),
      join(link, "link_frame.c"),
    ];
    const flags = ["-g", "-O1", "-fsanitize=address,undefined", "-fno-sanitize-recover=all", "-I", link];
    const strict = ["-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Wshadow", "-Werror"];
    await promisify(execFile)("cc", [...strict, ...flags, ...sources, "-o", driver]);
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

  test("100,000 random and damaged frames crash nothing, and get proper replies", () => {
    expect(Number(drive(["fuzz", "100000"]))).toBeGreaterThan(50_000);
  });

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

  /** Deterministic numbers in [0, 1). */
  function random(seed: number): () => number {
    let state = seed;
    return () => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return state / 2 ** 32;
    };
  }

  const [first, second] = [300, 5000].map((length, i) =>
    Uint8Array.from({ length }, (_, k) => (k * (31 + i) + k ** 2) % 256),
  );
  const mixed = second.map((byte, i) => byte ^ first[i % first.length]);

  async function exchange(client: LinkClient): Promise<Uint8Array[]> {
    const info = await client.info();
    expect(info).toMatchObject({ signature: "0123456789abcdef", name: "driver", layers: 3, arenaBytes: 77 });
    expect(info).toMatchObject({ inputBytes: [300, 5000], outputBytes: [5000, 4] });
    await client.write(0, first);
    await client.write(1, second);
    expect(await client.run(false)).toEqual({ status: 0, stackBytes: 123, layers: [] });
    return [await client.read(0, 5000), await client.read(1, 4)];
  }

  test("over a clean line: values, layers in pieces, and refusals", async () => {
    const client = linkClient(device((byte) => [byte]));
    try {
      expect(await exchange(client)).toEqual([mixed, bytes(1, 0, 0, 0)]);
      expect(await client.run(true)).toEqual({
        status: 0,
        stackBytes: 123,
        layers: [mixed, bytes(), mixed.subarray(0, 4998)],
      });
      await expect(client.read(2, 4)).rejects.toThrow(/refused.*no such model, input or output/);
      await expect(client.read(1, 5)).rejects.toThrow(/refused.*outside/);
      await expect(client.write(0, new Uint8Array(301))).rejects.toThrow(/refused.*outside/);
    } finally {
      await client.close();
    }
  });

  test.each([
    { name: "loses bytes", damage: (): number[] => [] },
    { name: "changes bytes", damage: (byte: number) => [byte ^ 0x10] },
    { name: "adds zeros", damage: (byte: number) => [byte, 0] },
  ])(
    "a line that now and then $name: everything is repaired, nothing run twice, or the failure said",
    async ({ damage }) => {
      let repaired = 0;
      for (let seed = 1; seed <= 12; seed++) {
        const next = random(seed);
        let damaged = 0;
        const line = (byte: number) => {
          if (next() >= 1 / 3000) return [byte];
          damaged++;
          return damage(byte);
        };
        const client = linkClient(device(line), { timeoutMs: 60, runTimeoutMs: 60 });
        try {
          expect(await exchange(client)).toEqual([mixed, bytes(1, 0, 0, 0)]);
          if (damaged > 0) repaired++;
        } catch (error) {
          if (!(error instanceof UserError)) throw error;
          expect(error.code).toBe("E_LINK");
        } finally {
          await client.close();
        }
      }
      expect(repaired).toBeGreaterThan(6);
    },
  );

  test("a damaged layer fails the run instead of looking like a wrong result", async () => {
    let armed = false;
    let passed = 0;
    const line = (byte: number) => (armed && ++passed === 2000 ? [byte ^ 1] : [byte]);
    const client = linkClient(device(line), { timeoutMs: 500, runTimeoutMs: 500 });
    try {
      await exchange(client);
      armed = true;
      await expect(client.run(true)).rejects.toMatchObject({ code: "E_LINK", message: expect.stringMatching(/layer/) });
    } finally {
      await client.close();
    }
  });

  test("a stack that ran into the data fails the run", async () => {
    const overflowed = answering(() => bytes(...new Uint8Array(4), ...new Uint8Array(4).fill(0xff)));
    const error = await linkClient(overflowed)
      .run(false)
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
    await expect(silent.info()).rejects.toThrow(/did not answer 4 times/);
    await silent.close();
    const ended = linkClient(childTransport(driver, ["absent"]));
    await expect(ended.info()).rejects.toThrow(/ended.*usage/);
    await expect(ended.info()).rejects.toMatchObject({ code: "E_LINK" });
  });
});

describe("info", () => {
  test("that is too short or of another version is refused", () => {
    expect(() => parseInfo(new Uint8Array(21).fill(1))).toThrow(/too short/);
    const body = new Uint8Array(24);
    body[0] = 2;
    expect(() => parseInfo(body)).toThrow(/version 2 of the link, this tool 1/);
    body[0] = 1;
    body[20] = 1;
    expect(() => parseInfo(body)).toThrow(/too short/);
  });
});
