import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Zippable, zipSync } from "fflate";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { loadData } from "../../src/data/load.js";
import { classLabels, inputRows } from "../../src/data/rows.js";
import { float32Npy, npyBytes } from "./npy_bytes.js";

let root: string;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), "onnx2mcu-data-"));
});
afterAll(() => rmSync(root, { recursive: true }));

const file = (name: string, content: string | Uint8Array): string => {
  writeFileSync(join(root, name), content);
  return join(root, name);
};
const npz = (name: string, arrays: Record<string, Uint8Array>, level: 0 | 6 = 6) =>
  file(
    name,
    zipSync(
      Object.fromEntries(Object.entries(arrays).map(([key, bytes]) => [`${key}.npy`, [bytes, { level }]])) as Zippable,
    ),
  );
const refused = (code: string, message?: RegExp) =>
  expect.objectContaining({ code, message: message ? expect.stringMatching(message) : expect.any(String) });
const thrown = (action: () => unknown): unknown => {
  try {
    action();
  } catch (error) {
    return error;
  }
  throw new Error("nothing was thrown");
};

const image = { name: "image", shape: [1, 2, 2, 3] };
const pixels = Array.from({ length: 24 }, (_, i) => i);

describe("archives", () => {
  test.each([0, 6] as const)("arrays by name, compression level %i", (level) => {
    const data = loadData(
      npz(`level${level}.npz`, { a: float32Npy([3], [1, 2, 3]), b: npyBytes("|b1", [2], Uint8Array.of(1, 0)) }, level),
    );
    expect(data.names).toEqual(["a", "b"]);
    expect(data.array("a")).toMatchObject({ shape: [3], data: Float32Array.of(1, 2, 3) });
    expect(data.array("b")?.data).toEqual(Float32Array.of(1, 0));
    expect(data.array("c")).toBeUndefined();
  });

  test("every truncation is refused", () => {
    const whole = zipSync({ "inputs.npy": float32Npy([3], [1, 2, 3]) });
    for (let length = 0; length < whole.length; length++) {
      const path = file("cut.npz", whole.slice(0, length));
      expect(
        thrown(() => loadData(path)),
        `${length} bytes`,
      ).toEqual(refused("E_DATA_FORMAT"));
    }
  });

  test("a bomb is refused by its declared size, before it is unpacked", () => {
    const bytes = zipSync({ "inputs.npy": new Uint8Array(1000) });
    const view = new DataView(bytes.buffer);
    for (let at = 0; at < bytes.length - 4; at++) {
      if (view.getUint32(at, true) === 0x02014b50) view.setUint32(at + 24, 0xfffffff0, true);
    }
    const data = loadData(file("bomb.npz", bytes));
    expect(thrown(() => data.array("inputs"))).toEqual(refused("E_DATA_FORMAT", /more than 512 MiB/));
  });

  test("an entry that unpacks to more than it declares is refused", () => {
    const honest = float32Npy([40], new Array(40).fill(1.5));
    const bytes = zipSync({ "inputs.npy": honest });
    const view = new DataView(bytes.buffer);
    for (let at = 0; at < bytes.length - 4; at++) {
      if (view.getUint32(at, true) === 0x02014b50) view.setUint32(at + 24, honest.length - 40, true);
    }
    const data = loadData(file("liar.npz", bytes));
    expect(thrown(() => data.array("inputs"))).toEqual(refused("E_DATA_FORMAT"));
  });
});

describe("tables", () => {
  test.each([
    ["plain", "1,2\n3,-4.5e1\n"],
    ["header", "x, y\n1, 2\n3, -45\n"],
    ["Windows line ends, byte order mark, quotes, empty lines", '\uFEFF"x","y"\r\n\r\n1,"2"\r\n3,-45\r\n\r\n'],
    ["semicolons", "1;2\n3;-45"],
    ["tabs", "1\t2\n3\t-45"],
  ])("%s", (_, text) => {
    expect(loadData(file("table.csv", text)).array("inputs")).toMatchObject({
      shape: [2, 2],
      data: Float32Array.of(1, 2, 3, -45),
    });
  });

  test.each([
    ["1,2\n3\n", "E_DATA_FORMAT", /line 2: 1 values, the rows above 2/],
    ["1,2\n3,x\n", "E_DATA_FORMAT", /line 2, value 2: "x" is no number/],
    ["1,2\n3,\n", "E_DATA_FORMAT", /line 2, value 2: ""/],
    ["", "E_DATA_EMPTY", /no rows/],
    ["x,y\n", "E_DATA_EMPTY", /no rows/],
  ])("%j is refused", (text, code, message) => {
    expect(thrown(() => loadData(file("bad.csv", text)))).toEqual(refused(code, message));
  });

  test("rows are flat: one value per element of the input", () => {
    const rows = inputRows(loadData(file("rows.csv", `${pixels.slice(0, 12)}\n${pixels.slice(12)}\n`)), "inputs", [
      image,
    ]);
    expect(rows.rows).toBe(2);
    expect([...rows.row(1)[0]]).toEqual(pixels.slice(12));
    expect(thrown(() => inputRows(loadData(file("rows.csv", "1,2\n")), "inputs", [image]))).toEqual(
      refused("E_DATA_SHAPE", /shape \[1,2\], but input "image" needs \[rows,2,2,3\]/),
    );
  });
});

describe("rows", () => {
  test.each([
    ["without the batch axis", [2, 2, 2, 3]],
    ["with it", [2, 1, 2, 2, 3]],
  ])("%s", (_, shape) => {
    const rows = inputRows(loadData(npz("rows.npz", { calibration: float32Npy(shape, pixels) })), "calibration", [
      image,
    ]);
    expect(rows.rows).toBe(2);
    expect([...rows.row(0)[0]]).toEqual(pixels.slice(0, 12));
    expect([...rows.row(1)[0]]).toEqual(pixels.slice(12));
  });

  test("an input whose axis 0 is no batch of one has rows of its whole shape", () => {
    const data = loadData(file("batch.npy", float32Npy([2, 4, 3], pixels)));
    expect(inputRows(data, "inputs", [{ name: "x", shape: [4, 3] }]).rows).toBe(2);
    expect(inputRows(data, "calibration", [{ name: "x", shape: [1, 4, 3] }]).rows).toBe(2);
    expect(thrown(() => inputRows(data, "inputs", [{ name: "x", shape: [2, 4, 3] }]))).toEqual(refused("E_DATA_SHAPE"));
    // A flat input takes rows of any shape with as many values; axes that are only cut otherwise are a mistake.
    expect(inputRows(data, "inputs", [{ name: "x", shape: [1, 12] }]).rows).toBe(2);
    expect(thrown(() => inputRows(data, "inputs", [{ name: "x", shape: [1, 3, 4] }]))).toEqual(refused("E_DATA_SHAPE"));
  });

  test("several inputs are arrays by name with as many rows each", () => {
    const inputs = [
      { name: "a", shape: [1, 2] },
      { name: "b", shape: [1] },
    ];
    const a = float32Npy([3, 2], [1, 2, 3, 4, 5, 6]);
    const rows = inputRows(
      loadData(npz("two.npz", { inputs_a: a, inputs_b: float32Npy([3], [7, 8, 9]) })),
      "inputs",
      inputs,
    );
    expect(rows.row(1)).toEqual([Float32Array.of(3, 4), Float32Array.of(8)]);
    const short = loadData(npz("short.npz", { inputs_a: a, inputs_b: float32Npy([2], [7, 8]) }));
    expect(thrown(() => inputRows(short, "inputs", inputs))).toEqual(refused("E_DATA_SHAPE", /2 rows, but .* has 3/));
    const one = loadData(npz("one.npz", { inputs_a: a }));
    expect(thrown(() => inputRows(one, "inputs", inputs))).toEqual(
      refused("E_DATA_MISSING_ARRAY", /"inputs_b".*: "inputs_a"/),
    );
    const unnamed = loadData(file("unnamed.npy", a));
    expect(thrown(() => inputRows(unnamed, "inputs", inputs))).toEqual(refused("E_DATA_MISSING_ARRAY", /use a \.npz/));
  });

  test.each([
    ["channels first", [2, 3, 2, 2], /nchw/],
    ["channels last for an input that has them first", [2, 3, 2, 5], undefined],
    ["another size", [2, 2, 2, 2], undefined],
    ["no rows axis", [12], undefined],
  ])("wrong shape: %s", (_, shape, hint) => {
    const data = loadData(file("wrong.npy", float32Npy(shape, new Array(shape.reduce((a, b) => a * b, 1)).fill(0))));
    const error = thrown(() => inputRows(data, "inputs", [image])) as Error;
    expect(error).toEqual(refused("E_DATA_SHAPE", /but input "image" needs \[rows,2,2,3\]/));
    if (hint) expect(error.message).toMatch(hint);
    else expect(error.message).not.toMatch(/--input-layout/);
  });

  test("zero rows and values that are not finite", () => {
    const none = loadData(file("none.npy", float32Npy([0, 2, 2, 3], [])));
    expect(thrown(() => inputRows(none, "inputs", [image]))).toEqual(refused("E_DATA_EMPTY"));
    for (const bad of [Number.NaN, Number.POSITIVE_INFINITY]) {
      const values = pixels.map((v, i) => (i === 13 ? bad : v));
      const data = loadData(file("nan.npy", float32Npy([2, 2, 2, 3], values)));
      expect(thrown(() => inputRows(data, "inputs", [image]))).toEqual(refused("E_DATA_NOT_FINITE", /row 1 holds/));
    }
    const text = loadData(file("nan.csv", "1,nan\n"));
    expect(thrown(() => inputRows(text, "inputs", [{ name: "x", shape: [1, 2] }]))).toEqual(
      refused("E_DATA_NOT_FINITE"),
    );
  });
});

test("labels are integers, one per row, or null", () => {
  const labels = (array: Uint8Array) => classLabels(loadData(npz("labels.npz", { labels: array })));
  const int64 = npyBytes("<i8", [3], new Uint8Array(BigInt64Array.of(0n, 7n, 1n).buffer));
  expect(labels(int64)).toEqual(Int32Array.of(0, 7, 1));
  expect(labels(float32Npy([2, 1], [1, 0]))).toEqual(Int32Array.of(1, 0));
  expect(labels(float32Npy([2], [0.5, 1]))).toBeNull();
  expect(labels(float32Npy([2], [-1, 1]))).toBeNull();
  expect(labels(float32Npy([2, 2], [0, 1, 1, 0]))).toBeNull();
  expect(classLabels(loadData(npz("without.npz", { inputs: int64 })))).toBeNull();
  expect(classLabels(loadData(file("rows.npy", int64)))).toBeNull();
});

test("a file that is missing, a folder or of another kind", () => {
  expect(thrown(() => loadData(join(root, "missing.npz")))).toEqual(refused("E_DATA_NOT_FOUND", /no such file/));
  expect(thrown(() => loadData(join(root, "none.npy", "x.npy")))).toEqual(refused("E_DATA_NOT_FOUND"));
  expect(thrown(() => loadData(file("photo.jpg", "")))).toEqual(refused("E_DATA_FORMAT", /\.npz, \.npy or \.csv/));
});
