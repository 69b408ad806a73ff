import fc from "fast-check";
import { expect, test } from "vitest";
import { readNpy } from "../../src/data/npy.js";
import { float32Npy, npyBytes } from "./npy_bytes.js";

const hex = (text: string) => Uint8Array.from(Buffer.from(text.replaceAll(" ", ""), "hex"));

// Bytes by hand: 1, 2 (or -1, 2; or false, true) in every dtype and byte order.
test.each([
  ["<f2", "003c 0040", [1, 2]],
  [">f2", "3c00 4000", [1, 2]],
  ["<f4", "0000803f 00000040", [1, 2]],
  [">f4", "3f800000 40000000", [1, 2]],
  ["<f8", "000000000000f03f 0000000000000040", [1, 2]],
  [">f8", "3ff0000000000000 4000000000000000", [1, 2]],
  ["|i1", "ff 02", [-1, 2]],
  ["|u1", "ff 02", [255, 2]],
  ["<i2", "ffff 0200", [-1, 2]],
  [">i2", "ffff 0002", [-1, 2]],
  ["<u2", "ffff 0200", [65535, 2]],
  ["<i4", "ffffffff 02000000", [-1, 2]],
  ["<u4", "00000080 02000000", [2 ** 31, 2]],
  ["<i8", "ffffffffffffffff 0200000000000000", [-1, 2]],
  [">i8", "ffffffffffffffff 0000000000000002", [-1, 2]],
  ["<u8", "0000000000000080 0200000000000000", [2 ** 63, 2]],
  ["|b1", "00 01", [0, 1]],
])("dtype %s", (descr, bytes, values) => {
  expect(readNpy(npyBytes(descr, [2], hex(bytes)), "x")).toMatchObject({ shape: [2], data: Float32Array.from(values) });
});

test("format versions 1 to 3 and ranks 0 to 5", () => {
  for (const version of [1, 2, 3]) {
    for (const shape of [[], [3], [2, 3], [1, 2, 1, 3, 2]]) {
      const count = shape.reduce((a, b) => a * b, 1);
      const bytes = npyBytes(
        "|u1",
        shape,
        Uint8Array.from({ length: count }, (_, i) => i),
        { version },
      );
      expect(readNpy(bytes, "x")).toMatchObject({ shape, data: Float32Array.from({ length: count }, (_, i) => i) });
    }
  }
});

test("Fortran order comes out row-major", () => {
  // Row-major index of each element, stored column-major: element (i, j, k) of shape [a, b, c].
  fc.assert(
    fc.property(
      fc.tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 4 })),
      ([a, b, c]) => {
        const stored = new Uint8Array(a * b * c);
        for (let i = 0; i < a; i++) {
          for (let j = 0; j < b; j++) for (let k = 0; k < c; k++) stored[i + a * (j + b * k)] = (i * b + j) * c + k;
        }
        const { data } = readNpy(npyBytes("|u1", [a, b, c], stored, { fortran: true }), "x");
        expect([...data]).toEqual([...data.keys()]);
      },
    ),
    { seed: 3, numRuns: 100 },
  );
});

const good = float32Npy([2, 2], [1, 2, 3, 4]);

test("every truncation and every extension is refused", () => {
  for (let length = 0; length < good.length; length++) {
    expect(() => readNpy(good.slice(0, length), "x.npy"), `${length} bytes`).toThrow(/^x\.npy: /);
  }
  expect(() => readNpy(Uint8Array.of(...good, 0), "x.npy")).toThrow(/17 bytes of data, but shape \[2,2\] needs 16/);
});

test.each([
  ["complex numbers", npyBytes("<c8", [1], new Uint8Array(8)), /dtype '<c8'/],
  ["Python objects", npyBytes("|O8", [1], new Uint8Array(8)), /dtype '\|O8'/],
  ["text", npyBytes("<U3", [1], new Uint8Array(12)), /dtype '<U3'/],
  ["huge shapes", npyBytes("<f4", [2 ** 20, 2 ** 20], new Uint8Array(4)), /more than 512 MiB/],
  ["sizes beyond every number", npyBytes("<f4", [1e15, 1e15, 0], new Uint8Array(0)), undefined],
  ["unknown versions", Uint8Array.from(good, (b, i) => (i === 6 ? 9 : b)), /version 9/],
])("%s", (_, bytes, message) => {
  if (message) expect(() => readNpy(bytes, "x")).toThrow(message);
  else expect(readNpy(bytes, "x").data).toHaveLength(0);
});

test("damaged bytes give E_DATA_FORMAT or an array of the stated shape, never anything else", () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: good.length - 1 }), fc.integer({ min: 0, max: 255 }), (at, value) => {
      const bytes = Uint8Array.from(good);
      bytes[at] = value;
      try {
        const { shape, data } = readNpy(bytes, "x");
        expect(data).toHaveLength(shape.reduce((a, b) => a * b, 1));
      } catch (error) {
        expect(error).toMatchObject({ code: "E_DATA_FORMAT" });
      }
    }),
    { seed: 4, numRuns: 500 },
  );
});
